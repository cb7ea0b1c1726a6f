/**
 * One listening socket for HTTP/1.1 and HTTP/2: a client with prior knowledge of HTTP/2 begins with
 * a fixed preface (RFC 9113 §3.4), so the first bytes say who takes the connection.
 */

import { createServer, type Server as HttpServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { OpenSockets } from "./open-sockets.ts";

/** What `http` and `http2` requests have in common. */
export interface WireRequest extends Readable {
  readonly httpVersionMajor: number;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly stream?: { close(code?: number): void; readonly session?: ServerHttp2Session };
}

export interface WireResponse extends Writable {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
}

export type WireHandler = (request: WireRequest, response: WireResponse) => void;

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface WirePort {
  readonly port: number;
  /** Destroys every connection, half-open ones too. Idempotent. */
  close(): Promise<void>;
}

const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** A connection that says nothing is dropped after this. */
const FIRST_BYTES_TIMEOUT_MS = 20_000;
/** Request line and headers, from the first byte. */
const HEADERS_TIMEOUT_MS = 20_000;
/** The whole request: 10 MiB in two minutes is 85 KiB/s. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the pools of the SDKs keep an idle connection, so that we do not close under a request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** A window that lets a 10 MiB request arrive without a round trip for every 64 KiB. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const SESSION_WINDOW_BYTES = 32 * 1024 * 1024;
const MAX_CONCURRENT_STREAMS = 1000;
/** node:http2 refuses new streams when the buffers of a session exceed this (its default is 10). */
const MAX_SESSION_MEMORY_MB = 512;

interface PortOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate?: Certificate;
}

/** Opens the port; rejects if the address is taken or not ours. */
export async function openWirePort(options: PortOptions, handle: WireHandler): Promise<WirePort> {
  const sockets = new OpenSockets();
  const sessions = new Set<ServerHttp2Session>();
  const http1 = createHttp1(options.certificate, handle);
  const http2 = createHttp2(handle, sessions);
  const arrival = options.certificate === undefined ? "connection" : "secureConnection";
  const [serveHttp1] = http1.listeners(arrival) as ((socket: Socket) => void)[];
  http1.removeAllListeners(arrival);
  http1.on("connection", (socket: Socket) => sockets.add(socket));
  http1.on(arrival, (socket: Socket) => {
    sockets.add(socket);
    sniff(socket, (isHttp2) => {
      // HTTP/1.1 answers a client that has closed its side; an HTTP/2 session ends with it.
      socket.allowHalfOpen = !isHttp2;
      if (isHttp2) http2.emit("connection", socket);
      else serveHttp1?.call(http1, socket);
    });
  });
  http1.on("tlsClientError", (_error, socket: Socket) => socket.destroy());
  try {
    await listen(http1, options);
  } catch (error) {
    sockets.destroyAll();
    throw error;
  }
  return {
    port: (http1.address() as AddressInfo).port,
    close: () => closePort(http1, sessions, sockets),
  };
}

function createHttp1(certificate: Certificate | undefined, handle: WireHandler): HttpServer {
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    highWaterMark: 256 * 1024,
    noDelay: true,
  };
  const serve = (request: unknown, response: unknown): void =>
    handle(request as WireRequest, response as WireResponse);
  if (certificate === undefined) return createServer(timeouts, serve);
  const alpn = { ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: FIRST_BYTES_TIMEOUT_MS };
  return createHttpsServer({ ...timeouts, ...certificate, ...alpn }, serve);
}

function createHttp2(handle: WireHandler, sessions: Set<ServerHttp2Session>) {
  const http2 = createHttp2Server(
    {
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
      settings: {
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
        enablePush: false,
      },
    },
    (request, response) =>
      handle(request as unknown as WireRequest, response as unknown as WireResponse),
  );
  http2.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  http2.on("sessionError", () => {});
  return http2;
}

/** Reads until the preface is told from anything else, puts the bytes back and hands the socket over. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const drop = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const length = Math.min(head.length, PREFACE.length);
    const agrees = head.compare(PREFACE, 0, length, 0, length) === 0;
    if (agrees && length < PREFACE.length) return;
    socket.pause();
    socket.off("data", onData).off("error", drop).off("timeout", drop).off("end", drop);
    socket.setTimeout(0);
    socket.unshift(head);
    decide(agrees);
    if (!agrees) socket.resume();
  };
  socket.setTimeout(FIRST_BYTES_TIMEOUT_MS);
  socket.on("data", onData).on("error", drop).on("timeout", drop).on("end", drop);
}

function listen(server: HttpServer, options: PortOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.port, host: options.host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closePort(
  server: HttpServer,
  sessions: Set<ServerHttp2Session>,
  sockets: OpenSockets,
): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const session of sessions) session.destroy();
    sockets.destroyAll();
  });
}
