/** A Kinesis over HTTP/1.1 and JSON, spoken to without the SDK, so that wrong input goes out as it is. */

import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { startLocal } from "@shardline/local";
import kinesalite from "kinesalite";

/** Both services run in this process and answer within milliseconds, or never. */
const NO_ANSWER_MS = 400;
export const NO_ANSWER = 0;

export interface Reply {
  /** HTTP status; `NO_ANSWER` if none came. */
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Endpoint {
  readonly name: "local" | "kinesalite";
  call(operation: string, input: object): Promise<Reply>;
  close(): Promise<void>;
}

export async function openLocal(): Promise<Endpoint> {
  const server = await startLocal({ kinesisPort: 0, dynamodbPort: 0 });
  return over("local", server.kinesisUrl, () => server.close());
}

export async function openKinesalite(): Promise<Endpoint> {
  const server = kinesalite({
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 20_000,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return over("kinesalite", `http://127.0.0.1:${port}`, close);
}

function over(name: Endpoint["name"], url: string, closeServer: () => Promise<void>): Endpoint {
  const agent = new Agent({ keepAlive: true });
  return {
    name,
    call: (operation, input) => post(url, agent, operation, JSON.stringify(input)),
    close: async () => {
      agent.destroy();
      await closeServer();
    },
  };
}

function post(url: string, agent: Agent, operation: string, body: string): Promise<Reply> {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "content-length": Buffer.byteLength(body),
    "x-amz-target": `Kinesis_20131202.${operation}`,
    "x-amz-date": "20260101T000000Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0",
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
        resolve({ status: response.statusCode ?? 0, body: parsed });
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.setTimeout(NO_ANSWER_MS, () => {
      resolve({ status: NO_ANSWER, body: {} });
      sent.destroy();
    });
    sent.end(body);
  });
}
