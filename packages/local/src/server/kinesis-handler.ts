/** A request to the Kinesis port, from its first byte to the answer's last. */

import type { Clock, Logger } from "@shardline/model";
import { putRecordsWithFailures } from "../faults/fail-entries.ts";
import type { FaultAction } from "../faults/fault.ts";
import type { Faults } from "../faults/faults.ts";
import { dropAnswer, inflictBefore } from "../faults/inflict.ts";
import { operations } from "../operations/index.ts";
import { type Operation, ServiceError, type Subscription } from "../operations/operation.ts";
import type { KinesisModel } from "../stream-model/kinesis-model.ts";
import { sendError, sendOutput, sendXmlError } from "./answer.ts";
import { type Caller, callerOf } from "./caller.ts";
import { type Codec, codecOf } from "./codec.ts";
import { describeError } from "./describe-error.ts";
import { streamEvents } from "./event-stream.ts";
import { type Body, readBody } from "./request-body.ts";
import type { WireHandler, WireRequest, WireResponse } from "./wire-port.ts";

export interface KinesisHandlerOptions {
  readonly model: KinesisModel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly faults: Faults;
  /** Resolves when all that operations changed so far is on disk; absent in memory. */
  readonly durable?: (() => Promise<void> | undefined) | undefined;
}

interface Call {
  readonly name: string;
  readonly operation: Operation;
  readonly input: Record<string, unknown>;
  readonly caller: Caller;
}

const TARGET_PREFIX = "Kinesis_20131202.";
const THROTTLING = {
  code: "ProvisionedThroughputExceededException",
  message: "Rate exceeded (injected fault)",
};

export function kinesisHandler(options: KinesisHandlerOptions): WireHandler {
  return (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.logger.error({ error: describeError(error) }, "a request failed unforeseen");
      response.destroy();
    });
  };
}

async function serve(
  options: KinesisHandlerOptions,
  request: WireRequest,
  response: WireResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body.kind === "broken") return;
  try {
    await answerBody(options, body, request, response);
  } finally {
    // Records are stored as copies by now, and texts are copies anyway.
    if (body.kind === "whole") body.release();
  }
}

async function answerBody(
  options: KinesisHandlerOptions,
  body: Exclude<Body, { readonly kind: "broken" }>,
  request: WireRequest,
  response: WireResponse,
): Promise<void> {
  const codec = codecOf(request.headers["content-type"]);
  if (request.method !== "POST") return sendXmlError(response, 403, "AccessDeniedException");
  if (codec === undefined) return sendXmlError(response, 404, "UnknownOperationException");
  try {
    if (body.kind === "too large") throw tooLarge();
    await answer(options, parse(request, codec, body.bytes), request, response, codec);
  } catch (error) {
    if (!(error instanceof ServiceError)) {
      const target = String(request.headers["x-amz-target"]);
      options.logger.error({ error: describeError(error), target }, "internal failure");
    }
    sendError(response, codec, error instanceof ServiceError ? error : internalFailure());
  }
}

function parse(request: WireRequest, codec: Codec, bytes: Buffer): Call {
  const target = request.headers["x-amz-target"];
  const name =
    typeof target === "string" && target.startsWith(TARGET_PREFIX)
      ? target.slice(TARGET_PREFIX.length)
      : "";
  const operation = operations.get(name);
  if (operation === undefined) throw new ServiceError("UnknownOperationException", "");
  let input: Record<string, unknown>;
  try {
    input = codec.decode(bytes, name);
  } catch {
    throw new ServiceError("SerializationException", "");
  }
  return { name, operation, input, caller: callerOf(request) };
}

async function answer(
  options: KinesisHandlerOptions,
  call: Call,
  request: WireRequest,
  response: WireResponse,
  codec: Codec,
): Promise<void> {
  const { faults, clock } = options;
  const fault = faults.meet({
    service: "kinesis",
    operation: call.name,
    resource: streamOf(call.input),
  });
  if (fault !== undefined && !(await inflictBefore(fault, request, clock, THROTTLING))) return;
  const output = apply(options, call, fault);
  const written = options.durable?.();
  if (written !== undefined) await written;
  if (fault?.kind === "drop") {
    if (isSubscription(output)) output.close();
    dropAnswer(request, response);
  } else if (isSubscription(output)) {
    streamEvents(response, codec, output, clock);
  } else {
    sendOutput(response, codec, output);
  }
}

function apply(
  { model, clock }: KinesisHandlerOptions,
  { operation, input, caller }: Call,
  fault: FaultAction | undefined,
): object {
  const context = { model, ...caller, nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  if (fault?.kind !== "failEntries") return operation(input, context);
  return putRecordsWithFailures(fault, input, (kept) => operation(kept, context));
}

function isSubscription(output: object): output is Subscription {
  return "next" in output && typeof output.next === "function";
}

function streamOf(input: Record<string, unknown>): string | undefined {
  if (typeof input["StreamName"] === "string") return input["StreamName"];
  const arn = input["StreamARN"] ?? input["ConsumerARN"] ?? input["ResourceARN"];
  return typeof arn === "string" ? arn.split("/")[1] : undefined;
}

function tooLarge(): ServiceError {
  return new ServiceError("RequestEntityTooLargeException", "The request is larger than 10 MiB.", {
    statusCode: 413,
  });
}

function internalFailure(): ServiceError {
  return new ServiceError(
    "InternalFailure",
    "An internal failure of the local server; see its log.",
    {
      statusCode: 500,
    },
  );
}
