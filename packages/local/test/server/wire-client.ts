/** A bare client: what is sent and what came back, in either protocol version and encoding. */

import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Version = "http/1.1" | "h2c";

export const JSON_TYPE = "application/x-amz-json-1.1";
export const CBOR_TYPE = "application/x-amz-cbor-1.1";

export function signedAs(accessKeyId: string, region = "us-east-1"): string {
  const scope = `${accessKeyId}/20260101/${region}/kinesis/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
}

/** Rejects if the connection or stream breaks before the answer's end. */
export function exchange(
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
  options: { readonly version?: Version; readonly method?: string; readonly path?: string } = {},
): Promise<WireAnswer> {
  const { version = "http/1.1", method = "POST", path = "/" } = options;
  return version === "h2c"
    ? viaHttp2(url, headers, body, method, path)
    : viaHttp1(url, headers, body, method, path);
}

/** One operation in JSON. */
export async function operation(
  url: string,
  name: string,
  input: object,
  version: Version = "http/1.1",
): Promise<{ status: number; output: Record<string, unknown>; headers: IncomingHttpHeaders }> {
  const headers = {
    "content-type": JSON_TYPE,
    "x-amz-target": `Kinesis_20131202.${name}`,
    authorization: signedAs("AKIDEXAMPLE"),
  };
  const answer = await exchange(url, headers, JSON.stringify(input), { version });
  const text = answer.body.toString();
  const output = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: answer.status, output, headers: answer.headers };
}

function viaHttp1(
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
  method: string,
  path: string,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

function viaHttp2(
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
  method: string,
  path: string,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url);
    const fail = (error: Error): void => {
      session.destroy();
      reject(error);
    };
    session.on("error", fail);
    const stream = session.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: false },
    );
    let received: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (all) => {
      received = all as IncomingHttpHeaders;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", fail);
    stream.on("close", () => {
      session.close();
      const status = Number((received as Record<string, unknown>)[":status"] ?? 0);
      if (status === 0) fail(new Error("closed without an answer"));
      else resolve({ status, headers: received, body: Buffer.concat(chunks) });
    });
    stream.end(body);
  });
}
