/** An HTTP server whose answers a test scripts, over HTTP/1.1 or HTTP/2, and which keeps what it was asked. */

import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Readable } from "node:stream";

export interface Asked {
  /** `PutRecords`. */
  readonly operation: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
  /** Instead of an answer: reset the connection, or never say anything. */
  readonly instead?: "reset" | "silence" | "half";
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  /** Requests that have come and are not read yet. */
  waiting(): number;
  /** Connections that are open now. */
  connections(): number;
  close(): Promise<void>;
}

type Answer = (asked: Asked) => Scripted;

interface Response {
  setHeader(name: string, value: string): unknown;
  statusCode: number;
  write(chunk: string | Buffer): unknown;
  end(body?: string | Buffer): unknown;
}

export async function scriptedServer(
  answer: Answer,
  http: "http1" | "http2" = "http1",
  /** Requests are not read before. */
  readAfter: Promise<void> = Promise.resolve(),
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  let waiting = 0;
  const sockets = new Set<Socket>();
  const respond = async (
    request: Readable & { headers: Asked["headers"] },
    response: Response,
    reset: () => void,
  ): Promise<void> => {
    const chunks: Buffer[] = [];
    waiting++;
    await readAfter;
    waiting--;
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The client went away.
    }
    const body = Buffer.concat(chunks);
    const target = String(request.headers["x-amz-target"]);
    const operation = target.slice(target.lastIndexOf(".") + 1);
    const json = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    const entry = { operation, headers: request.headers, body, json };
    asked.push(entry);
    const scripted = answer(entry);
    if (scripted.instead === "silence") return;
    if (scripted.instead === "reset") {
      reset();
      return;
    }
    response.statusCode = scripted.status ?? 200;
    response.setHeader("content-type", "application/x-amz-json-1.1");
    for (const [name, value] of Object.entries(scripted.headers ?? {})) {
      response.setHeader(name, value);
    }
    if (scripted.instead === "half") {
      response.setHeader("content-length", "1000");
      response.write('{"Records":[');
      setImmediate(reset);
      return;
    }
    const { body: text = {} } = scripted;
    response.end(typeof text === "string" || Buffer.isBuffer(text) ? text : JSON.stringify(text));
  };
  const server: Server =
    http === "http1"
      ? createHttp1((request, response) => {
          void respond(request, response, () => request.socket.resetAndDestroy());
        })
      : createHttp2((request, response) => {
          void respond(request, response as unknown as Response, () =>
            request.stream.session?.destroy(),
          );
        });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    waiting: () => waiting,
    connections: () => sockets.size,
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Resolves when `holds` does; the test's own time limit is the bound. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI",
} as const;
