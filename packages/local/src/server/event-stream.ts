/**
 * The answer to SubscribeToShard: a stream of messages in Amazon's event-stream encoding, over
 * HTTP/2 or, for those who ask so, HTTP/1.1 chunks.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
 */

import type { Clock, Timer } from "@shardline/model";
import { EventStreamCodec } from "@smithy/core/event-streams";
import type { ServiceError, Subscription } from "../operations/operation.ts";
import { requestIds } from "./answer.ts";
import type { Codec } from "./codec.ts";
import type { WireResponse } from "./wire-port.ts";

const messages: EventStreamCodec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

/**
 * Sends the subscription's events until it ends or the reader goes away. The next event is asked for
 * only when the socket has drained: a reader that stops reading stops the server.
 */
export function streamEvents(
  response: WireResponse,
  codec: Codec,
  subscription: Subscription,
  clock: Clock,
): void {
  new EventPump(response, codec, subscription, clock).start();
}

class EventPump {
  readonly #response: WireResponse;
  readonly #codec: Codec;
  readonly #subscription: Subscription;
  readonly #clock: Clock;
  /** What the pump waits for; a wake-up meant for another state is void. */
  #state: "running" | "draining" | "waiting" | "over" = "running";
  #timer: Timer | undefined;

  constructor(response: WireResponse, codec: Codec, subscription: Subscription, clock: Clock) {
    this.#response = response;
    this.#codec = codec;
    this.#subscription = subscription;
    this.#clock = clock;
  }

  start(): void {
    this.#response
      .on("drain", () => this.#resume("draining"))
      .on("close", () => this.#stop())
      .on("error", () => this.#stop());
    // Called in the middle of a put: the readers' turn is after it.
    this.#subscription.onReady(() => setImmediate(() => this.#resume("waiting")));
    const contentType = "application/vnd.amazon.eventstream";
    this.#response.writeHead(200, { ...requestIds(), "Content-Type": contentType });
    this.#write(encodeEvent("initial-response", this.#codec, {}));
    this.#run();
  }

  #resume(from: "draining" | "waiting"): void {
    if (this.#state !== from) return;
    this.#timer?.cancel();
    this.#state = "running";
    this.#run();
  }

  #run(): void {
    while (this.#state === "running") {
      const nowMs = this.#clock.nowMs();
      const step = this.#subscription.next({ nowMs, wallMs: this.#clock.wallMs() });
      if (step.kind === "event") {
        this.#write(encodeEvent("SubscribeToShardEvent", this.#codec, step.event));
      } else if (step.kind === "wait") {
        this.#state = "waiting";
        this.#timer = this.#clock.setTimer(step.untilMs - nowMs, () => this.#resume("waiting"));
      } else {
        if (step.error !== undefined) this.#write(encodeException(this.#codec, step.error));
        this.#stop();
        this.#response.end();
      }
    }
  }

  #write(message: Uint8Array): void {
    if (!this.#response.write(message) && this.#state === "running") this.#state = "draining";
  }

  #stop(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#timer?.cancel();
    this.#subscription.close();
  }
}

function encodeEvent(eventType: string, codec: Codec, event: object): Uint8Array {
  return encode("event", ":event-type", eventType, codec, event);
}

function encodeException(codec: Codec, error: ServiceError): Uint8Array {
  const body = { message: error.message, ...error.fields };
  return encode("exception", ":exception-type", error.code, codec, body);
}

function encode(
  messageType: string,
  typeHeader: string,
  type: string,
  codec: Codec,
  body: object,
): Uint8Array {
  return messages.encode({
    headers: {
      [typeHeader]: { type: "string", value: type },
      ":content-type": { type: "string", value: codec.eventContentType },
      ":message-type": { type: "string", value: messageType },
    },
    body: Buffer.concat(codec.encode(body)),
  });
}
