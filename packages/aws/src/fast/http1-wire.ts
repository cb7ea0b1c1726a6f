/** HTTP/1.1 over kept-alive sockets, by node:http: bounded by the agent, one request a socket at a time. */

import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Agents } from "../clients.ts";
import {
  AnswerTooLarge,
  type Progress,
  type Wire,
  type WireAnswer,
  type WireRequest,
} from "./wire.ts";

/** The agents belong to the caller. */
export function http1Wire(agents: Agents): Wire {
  return {
    send: (request, signal, progress) => send(agents, request, signal, progress),
    close: () => {},
  };
}

function send(
  agents: Agents,
  { protocol, hostname, port, path, headers, body, onWritten, maxAnswerBytes }: WireRequest,
  signal: AbortSignal,
  progress: Progress,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const secure = protocol === "https:";
    const request = (secure ? httpsRequest : httpRequest)({
      hostname,
      port,
      path,
      method: "POST",
      headers,
      agent: secure ? agents.httpsAgent : agents.httpAgent,
    });
    const settle = (end: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      end();
    };
    // Destroying gives the socket up, whether it was in use, being opened or still waited for.
    const fail = (error: unknown): void => {
      settle(() => reject(error));
      // Node.js says of a destroyed request too that it finished.
      if (onWritten !== undefined) request.off("finish", onWritten);
      request.destroy();
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    // Stays for the request's life: a late error of a destroyed request must not be uncaught.
    request.on("error", fail);
    if (onWritten !== undefined) request.once("finish", onWritten);
    watchSent(request, secure, progress);
    request.once("response", (response) => {
      collect(
        response,
        maxAnswerBytes,
        (body) =>
          settle(() => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, headers, body });
          }),
        fail,
      );
    });
    request.end(body);
  });
}

/** A request that waits for a socket or a connection has certainly sent nothing. */
function watchSent(request: ClientRequest, secure: boolean, progress: Progress): void {
  request.once("socket", (socket: Socket) => {
    if (!socket.connecting && (!secure || request.reusedSocket)) {
      progress.sent = true;
      return;
    }
    socket.once(secure ? "secureConnect" : "connect", () => {
      progress.sent = true;
    });
  });
}

function collect(
  response: IncomingMessage,
  maxBytes: number,
  done: (body: Buffer) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) fail(new AnswerTooLarge(maxBytes));
    else chunks.push(chunk);
  });
  response.on("error", fail);
  // "aborted" answers end without "end": the request's error or this one, whichever comes.
  response.once("close", () => {
    if (!response.complete) fail(new CutShort());
  });
  response.once("end", () => {
    if (!response.complete) return;
    done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
  });
}

class CutShort extends Error {
  readonly code = "ECONNRESET";

  constructor() {
    super("the answer was cut short");
  }
}
