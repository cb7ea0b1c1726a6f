/**
 * The calls that carry data without the SDK's serialiser: its credentials, endpoint rules and signer,
 * our bodies, our connections. The SDK's own path is the oracle of differential tests.
 */

import type { GetRecordsCommand, KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { type CallOptions, type Outcome, streamParameters, type StreamRef } from "@shardline/model";
import { getEndpointFromInstructions } from "@smithy/core/endpoints";
import { HttpRequest } from "@smithy/core/protocols";
import { bounded, type Bounds } from "../bounded.ts";
import { problemOf } from "../kinesis-words.ts";
import { type CallSite, malformed, stripped, toFailure } from "../outcome.ts";
import { parseObject } from "./json.ts";
import type { Progress, Wire, WireAnswer } from "./wire.ts";

const CONTENT_TYPE = "application/x-amz-json-1.1";
/**
 * The service refuses signatures that are 5 minutes off; below 4 the machine's clock is taken as good.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
const MAX_SKEW_MS = 4 * 60 * 1000;
/** Endpoints resolved and kept: a producer of very many streams by ARN must not grow for ever. */
const MAX_ENDPOINTS = 256;

export interface FastOperation {
  readonly name: "PutRecords" | "GetRecords";
  /** False: its failures are never ambiguous. */
  readonly writes: boolean;
  /** For the endpoint rules. */
  readonly command: typeof PutRecordsCommand | typeof GetRecordsCommand;
  readonly maxAnswerBytes: number;
}

export interface FastCall<R extends object> {
  readonly operation: FastOperation;
  readonly stream: StreamRef;
  /** Asked for once there is an endpoint to send it to. */
  readonly body: () => Buffer;
  /** What is to become of the body's memory: see `WireRequest`. */
  readonly onWritten?: (body: Buffer) => void;
  /** Of an answer with status 200; what it throws makes the answer malformed. */
  readonly read: (body: Buffer) => R;
}

interface Endpoint {
  readonly protocol: "http:" | "https:";
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  /** For the Host header and for messages. */
  readonly host: string;
}

type Signer = Awaited<ReturnType<KinesisClient["config"]["signer"]>>;

export class FastClient {
  readonly #client: KinesisClient;
  readonly #wire: Wire;
  readonly #bounds: Bounds;
  readonly #endpoints = new Map<string, Promise<Endpoint>>();
  #signer: Promise<Signer> | undefined;
  #skewMs = 0;

  constructor(client: KinesisClient, wire: Wire, bounds: Bounds) {
    this.#client = client;
    this.#wire = wire;
    this.#bounds = bounds;
  }

  async call<R extends object>(call: FastCall<R>, options: CallOptions): Promise<Outcome<R>> {
    const { operation, onWritten } = call;
    const progress: Progress = { sent: false };
    let url: string | undefined;
    const site = (): CallSite => ({
      service: "Kinesis",
      operation: operation.name,
      writes: operation.writes && progress.sent,
      url,
    });
    const outcome = await bounded(this.#bounds, options, site, async (signal) => {
      const endpoint = await this.#endpoint(operation, call.stream);
      url = `${endpoint.protocol}//${endpoint.host}`;
      const body = call.body();
      const { headers } = await this.#sign(operation, endpoint, body);
      signal.throwIfAborted();
      return this.#wire.send(
        {
          ...endpoint,
          headers,
          body,
          onWritten: onWritten && ((): void => onWritten(body)),
          maxAnswerBytes: operation.maxAnswerBytes,
        },
        signal,
        progress,
      );
    });
    if (outcome.kind === "failed") return outcome;
    this.#learnSkew(outcome.value);
    if (outcome.value.status !== 200) return serviceFailure(outcome.value, site());
    try {
      return { kind: "ok", ...call.read(outcome.value.body) };
    } catch (error) {
      return malformed(site(), problemOf(error));
    }
  }

  /** By the SDK's rules: an ARN may route to an endpoint of its account. */
  #endpoint(operation: FastOperation, stream: StreamRef): Promise<Endpoint> {
    const key = operation.name + ("streamArn" in stream ? stream.streamArn : "");
    const known = this.#endpoints.get(key);
    if (known !== undefined) return known;
    const found = this.#resolveEndpoint(operation, stream);
    if (this.#endpoints.size >= MAX_ENDPOINTS) this.#endpoints.clear();
    this.#endpoints.set(key, found);
    // Not kept if it failed: a profile or a region may appear later.
    found.catch(() => this.#endpoints.delete(key));
    return found;
  }

  async #resolveEndpoint({ command }: FastOperation, stream: StreamRef): Promise<Endpoint> {
    const { url } = await getEndpointFromInstructions(
      { ...streamParameters(stream) },
      command,
      this.#client.config,
    );
    return {
      protocol: url.protocol === "http:" ? "http:" : "https:",
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? undefined : Number(url.port),
      path: url.pathname,
      host: url.host,
    };
  }

  async #sign(operation: FastOperation, endpoint: Endpoint, body: Buffer): Promise<HttpRequest> {
    const signer = await this.#openSigner();
    const unsigned = new HttpRequest({
      method: "POST",
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port === undefined ? {} : { port: endpoint.port }),
      path: endpoint.path,
      headers: {
        host: endpoint.host,
        "content-type": CONTENT_TYPE,
        "content-length": String(body.length),
        "x-amz-target": `Kinesis_20131202.${operation.name}`,
        "user-agent": "shardline",
      },
      body,
    });
    const signingDate = new Date(this.#bounds.clock.wallMs() + this.#skewMs);
    return (await signer.sign(unsigned, { signingDate })) as HttpRequest;
  }

  /** It asks for credentials at every signature, so it may be kept. */
  #openSigner(): Promise<Signer> {
    if (this.#signer === undefined) {
      const opened = this.#client.config.signer();
      opened.catch(() => {
        this.#signer = undefined;
      });
      this.#signer = opened;
    }
    return this.#signer;
  }

  /** A clock that is wrong is corrected by the service's, as the SDK does. */
  #learnSkew({ headers }: WireAnswer): void {
    const { date } = headers;
    const serverMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(serverMs)) return;
    const skewMs = serverMs - this.#bounds.clock.wallMs();
    this.#skewMs = Math.abs(skewMs) > MAX_SKEW_MS ? skewMs : 0;
  }
}

/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization */
function serviceFailure<R>({ status, headers, body }: WireAnswer, site: CallSite): Outcome<R> {
  const json = parseObject(body);
  const code = [headers["x-amzn-errortype"], json?.["code"], json?.["__type"]].find(
    (value) => typeof value === "string",
  );
  const message = [json?.["message"], json?.["Message"]].find((v) => typeof v === "string");
  return toFailure(
    {
      name: code === undefined ? "Unknown" : stripped(code as string),
      message: message ?? `HTTP status ${status}`,
      $metadata: { httpStatusCode: status },
    },
    site,
  );
}
