/** One service's side of a command sequence: what it is sent, and what of its answers can be compared. */

import type { Command } from "./commands.ts";
import type { Endpoint, Reply } from "./endpoint.ts";

/** An answer without what must differ: numbers are named by the order in which they came. */
export interface Observed {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Placed {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
}

const MAX_TRIES = 300;

const CHANGES = new Set(["CreateStream", "DeleteStream", "SplitShard", "MergeShards"]);

export class Session {
  readonly #endpoint: Endpoint;
  #isAmbiguous = false;
  readonly #numbers: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #iterators: (string | undefined)[] = [];

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  async run(command: Command, input: Record<string, unknown>): Promise<Observed> {
    const reply = await this.#endpoint.call(command.operation, input);
    if (CHANGES.has(command.operation)) await this.#settled();
    this.#remember(command, reply);
    return {
      status: reply.status,
      body: this.#named(withoutTimes(reply.body)) as Record<string, unknown>,
    };
  }

  /** Deletes everything. */
  async clean(): Promise<void> {
    const { body } = await this.#endpoint.call("ListStreams", {});
    for (const StreamName of body["StreamNames"] as string[]) {
      await this.#endpoint.call("DeleteStream", { StreamName });
    }
    await this.#settled();
  }

  /** Undefined if the command names what this service has not given. */
  inputOf(command: Command): Record<string, unknown> | undefined {
    const input = { ...command.input };
    if (command.sequenceNumber !== undefined) {
      const number = this.#numbers[command.sequenceNumber.pick % Math.max(1, this.#numbers.length)];
      if (number === undefined) return undefined;
      input[command.sequenceNumber.field] = number;
    }
    if (command.iterator !== undefined) {
      const iterator = this.#iterators[command.iterator % Math.max(1, this.#iterators.length)];
      if (iterator === undefined) return undefined;
      input["ShardIterator"] = iterator;
    }
    return input;
  }

  /** kinesalite changes state on a timer, even of 0 ms. */
  async #settled(): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { body } = await this.#endpoint.call("ListStreams", {});
      const names = body["StreamNames"] as string[];
      const states = await Promise.all(names.map((name) => this.#statusOf(name)));
      if (states.every((state) => state === "ACTIVE")) return;
    }
    throw new Error(`${this.#endpoint.name} did not settle`);
  }

  async #statusOf(StreamName: string): Promise<unknown> {
    const { body } = await this.#endpoint.call("DescribeStream", { StreamName });
    return (body["StreamDescription"] as Record<string, unknown> | undefined)?.["StreamStatus"];
  }

  /**
   * Two records have the same sequence number, as they may in two streams that were made in one second:
   * they cannot be told apart by it.
   */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  #remember({ operation }: Command, { status, body }: Reply): void {
    const numbers = "ShardId" in body ? [body as Placed] : ((body["Records"] ?? []) as Placed[]);
    for (const { SequenceNumber, ShardId } of numbers) {
      if (ShardId === undefined || SequenceNumber === undefined) continue;
      this.#isAmbiguous ||= this.#names.has(SequenceNumber);
      this.#names.set(SequenceNumber, `number ${this.#numbers.length}`);
      this.#numbers.push(SequenceNumber);
    }
    // One place for each answer, so that both sides count alike where one gives none.
    if (status !== 200) return;
    if (operation === "GetShardIterator") this.#iterators.push(body["ShardIterator"] as string);
    if (operation === "GetRecords")
      this.#iterators.push(body["NextShardIterator"] as string | undefined);
  }

  #named(value: unknown, name = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#named(item));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, this.#named(item, key)]),
      );
    }
    if (typeof value !== "string") return value;
    if (name.endsWith("ShardIterator")) return "an iterator";
    if (name === "message" || name === "Message") return this.#namedText(value);
    return this.#nameOf(value);
  }

  #namedText(message: string): string {
    return message
      .replaceAll(/\d{55,56}/g, (digits) => this.#nameOf(digits))
      .replace(/currentTimestampInMillis: \d+/, "currentTimestampInMillis: now");
  }

  #nameOf(text: string): string {
    return this.#names.get(text) ?? (/^\d{55,56}$/.test(text) ? "a number" : text);
  }
}

const TIMES = /Timestamp$/;

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !TIMES.test(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutTimes(item)]));
}
