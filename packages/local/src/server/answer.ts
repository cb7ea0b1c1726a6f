/** Writing what the service answers: bodies, errors and the headers that every answer has. */

import { randomBytes, randomUUID } from "node:crypto";
import type { ServiceError } from "../operations/operation.ts";
import type { Codec } from "./codec.ts";
import type { WireResponse } from "./wire-port.ts";

/** Every answer of the service has these two, and support asks for them. */
export function requestIds(): Record<string, string> {
  return {
    "x-amzn-RequestId": randomUUID(),
    "x-amz-id-2": randomBytes(54).toString("base64"),
  };
}

/** An empty output is an empty body. */
export function sendOutput(response: WireResponse, codec: Codec, output: object): void {
  send(response, 200, codec.contentType, isEmpty(output) ? "" : codec.encode(output));
}

export function sendError(response: WireResponse, codec: Codec, error: ServiceError): void {
  const { code, message, fields } = error;
  const body = message === "" ? { __type: code, ...fields } : { __type: code, message, ...fields };
  send(response, error.statusCode, codec.contentType, codec.encode(body), {
    "x-amzn-ErrorType": code,
  });
}

/** For requests so broken that they name no protocol. */
export function sendXmlError(response: WireResponse, status: number, code: string): void {
  send(response, status, "text/xml", `<${code}/>\n`, { "x-amzn-ErrorType": code });
}

export function send(
  response: WireResponse,
  status: number,
  contentType: string,
  body: string | readonly Uint8Array[],
  more: Record<string, string> = {},
): void {
  if (response.headersSent) return;
  const parts = typeof body === "string" ? [Buffer.from(body)] : body;
  response.writeHead(status, {
    ...requestIds(),
    "Content-Type": contentType,
    "Content-Length": parts.reduce((sum, part) => sum + part.length, 0),
    ...more,
  });
  for (const part of parts.slice(0, -1)) response.write(part);
  response.end(parts.at(-1));
}

function isEmpty(output: object): boolean {
  for (const _member in output) return false;
  return true;
}
