/** A request to the lease database's port. */

import type { Clock, Logger } from "@shardline/model";
import { crc32 } from "node:zlib";
import type { FaultAction } from "../faults/fault.ts";
import type { Faults } from "../faults/faults.ts";
import { dropAnswer, inflictBefore } from "../faults/inflict.ts";
import { ServiceError } from "../operations/operation.ts";
import { send, sendXmlError } from "../server/answer.ts";
import { describeError } from "../server/describe-error.ts";
import { readBody } from "../server/request-body.ts";
import type { WireHandler, WireRequest, WireResponse } from "../server/wire-port.ts";
import { DatabaseError } from "./dynalite-store.ts";
import type { LeaseDatabase } from "./lease-database.ts";

export interface LeaseHandlerOptions {
  readonly database: LeaseDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly faults: Faults;
}

const CONTENT_TYPE = "application/x-amz-json-1.0";
const TARGET_PREFIX = "DynamoDB_20120810.";
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const THROTTLING = {
  code: "ProvisionedThroughputExceededException",
  message:
    "The level of configured provisioned throughput for the table was exceeded (injected fault).",
};

export function leaseHandler(options: LeaseHandlerOptions): WireHandler {
  return (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.logger.error({ error: describeError(error) }, "a request failed unforeseen");
      response.destroy();
    });
  };
}

async function serve(
  options: LeaseHandlerOptions,
  request: WireRequest,
  response: WireResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body.kind === "broken") return;
  if (request.method === "GET") return send(response, 200, "text/plain", "healthy: dynamodb\n");
  if (request.method !== "POST") return sendXmlError(response, 404, "UnknownOperationException");
  try {
    if (body.kind === "too large") throw coralError("RequestEntityTooLargeException", 413);
    await answer(options, request, response, body.bytes);
  } catch (error) {
    if (!(error instanceof DatabaseError) && !(error instanceof ServiceError)) {
      const target = String(request.headers["x-amz-target"]);
      options.logger.error({ error: describeError(error), target }, "internal failure");
    }
    const failure = asDatabaseError(error);
    sendJson(response, failure.statusCode, failure.body);
  }
}

async function answer(
  { database, clock, faults }: LeaseHandlerOptions,
  request: WireRequest,
  response: WireResponse,
  bytes: Buffer,
): Promise<void> {
  const target = request.headers["x-amz-target"];
  if (typeof target !== "string" || !target.startsWith(TARGET_PREFIX)) {
    throw coralError("UnknownOperationException");
  }
  const operation = target.slice(TARGET_PREFIX.length);
  const input = parse(bytes);
  if (request.headers.authorization === undefined && !request.url?.includes("X-Amz-Credential=")) {
    throw coralError(
      "MissingAuthenticationTokenException",
      400,
      "Request is missing Authentication Token",
    );
  }
  const table = input["TableName"];
  const resource = typeof table === "string" ? table : undefined;
  const fault: FaultAction | undefined = faults.meet({ service: "dynamodb", operation, resource });
  if (fault !== undefined && !(await inflictBefore(fault, request, clock, THROTTLING))) return;
  const output = await database.execute(operation, input);
  if (fault?.kind === "drop") dropAnswer(request, response);
  else sendJson(response, 200, output);
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw coralError("SerializationException");
}

/** SDKs check the sum of the body against the header. */
function sendJson(response: WireResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  send(response, status, CONTENT_TYPE, text, { "x-amz-crc32": String(crc32(text)) });
}

function coralError(code: string, statusCode = 400, message?: string): DatabaseError {
  const type = `com.amazon.coral.service#${code}`;
  return new DatabaseError(statusCode, {
    __type: type,
    ...(message !== undefined && { message }),
  });
}

function asDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (error instanceof ServiceError) {
    return new DatabaseError(error.statusCode, {
      __type: `com.amazonaws.dynamodb.v20120810#${error.code}`,
      message: error.message,
    });
  }
  return coralError("InternalServerError", 500, "An internal failure; see the local server's log.");
}
