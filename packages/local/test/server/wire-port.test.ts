import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { generateCertificate } from "../../src/server/certificate.ts";
import { readBody } from "../../src/server/request-body.ts";
import { openWirePort, type WireHandler, type WirePort } from "../../src/server/wire-port.ts";

const echo: WireHandler = (request, response) => {
  void readBody(request, 1024 * 1024).then((body) => {
    const bytes = body.kind === "whole" ? body.bytes : Buffer.from(body.kind);
    response.writeHead(body.kind === "whole" ? 200 : 413, {
      "Content-Length": bytes.length,
      "x-version": request.httpVersionMajor,
    });
    response.end(bytes);
  });
};

let port: WirePort | undefined;
afterEach(async () => {
  await port?.close();
});

interface Answer {
  readonly status: number;
  readonly version: string;
  readonly body: string;
}

function viaHttp1(url: string, body: string | Buffer, tls?: { ca: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", ...tls };
    const sent = (tls === undefined ? httpRequest : httpsRequest)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          version: String(response.headers["x-version"]),
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function viaHttp2(url: string, body: string | Buffer, tls?: { ca: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url, tls ?? {});
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": "/" });
    let status = 0;
    let version = "";
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
      version = String(headers["x-version"]);
    });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      session.close();
      resolve({ status, version, body: Buffer.concat(chunks).toString() });
    });
    stream.on("error", reject);
    stream.end(body);
  });
}

function once(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => {
    socket.once(event, () => resolve());
  });
}

describe("one port", () => {
  test("speaks HTTP/1.1 and HTTP/2 with prior knowledge, with bodies larger than a window", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    const url = `http://127.0.0.1:${port.port}`;
    const big = "x".repeat(900_000);
    expect(await viaHttp1(url, "small")).toEqual({ status: 200, version: "1", body: "small" });
    expect(await viaHttp2(url, "small")).toEqual({ status: 200, version: "2", body: "small" });
    expect((await viaHttp1(url, big)).body).toBe(big);
    expect((await viaHttp2(url, big)).body).toBe(big);
  });

  test("speaks both over TLS, with a certificate that names the loopback address", async () => {
    const certificate = await generateCertificate("127.0.0.1", Date.now());
    port = await openWirePort({ host: "127.0.0.1", port: 0, certificate }, echo);
    const url = `https://127.0.0.1:${port.port}`;
    const trust = { ca: certificate.cert };
    expect((await viaHttp1(url, "a", trust)).version).toBe("1");
    expect((await viaHttp2(url, "b", trust)).version).toBe("2");
  });

  test("decides on a preface that comes byte by byte", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    const socket = connectTcp(port.port, "127.0.0.1").setNoDelay(true);
    const bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    for (const byte of bytes) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write(settings);
    const [answer] = await new Promise<Buffer[]>((resolve) => {
      socket.once("data", (chunk: Buffer) => resolve([chunk]));
    });
    expect(answer?.[3]).toBe(4);
    socket.destroy();
  });

  test("answers 413 to a body over the bound and keeps serving", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    const url = `http://127.0.0.1:${port.port}`;
    const over = Buffer.alloc(1024 * 1024 + 1, "x");
    expect(await viaHttp1(url, over)).toMatchObject({ status: 413, body: "too large" });
    expect(await viaHttp2(url, over)).toMatchObject({ status: 413, body: "too large" });
    expect((await viaHttp1(url, "still here")).body).toBe("still here");
  });

  test("survives garbage, half requests and half closed connections", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    for (const bytes of [
      "\x16\x03\x01 not tls here",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nno frame of any kind",
    ]) {
      const socket = connectTcp(port.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    }
    const half = connectTcp(port.port, "127.0.0.1");
    half.on("error", () => {});
    half.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    half.end();
    half.resume();
    await once(half, "close");
    expect((await viaHttp1(`http://127.0.0.1:${port.port}`, "alive")).body).toBe("alive");
  });

  test("close() ends silent, half-open and idle connections", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    const silent = connectTcp(port.port, "127.0.0.1");
    const half = connectTcp(port.port, "127.0.0.1");
    half.write("POST / HTTP/1.1\r\n");
    const session = connectHttp2(`http://127.0.0.1:${port.port}`);
    session.on("error", () => {});
    await Promise.all([
      once(silent, "connect"),
      once(half, "connect"),
      new Promise((resolve) => session.once("remoteSettings", resolve)),
    ]);
    const ended = Promise.all([
      once(silent, "close"),
      once(half, "close"),
      new Promise((resolve) => session.once("close", resolve)),
    ]);
    for (const socket of [silent, half]) socket.on("error", () => {}).resume();
    await port.close();
    await expect(ended).resolves.toHaveLength(3);
    await port.close();
  });

  test.each([false, true])("notices that an HTTP/2 client is gone (TLS: %s)", async (secure) => {
    const certificate = await generateCertificate("127.0.0.1", Date.now());
    const options = { host: "127.0.0.1", port: 0, ...(secure && { certificate }) };
    let gone = (): void => {};
    const noticed = new Promise<string>((resolve) => {
      gone = () => resolve("noticed");
    });
    port = await openWirePort(options, (_request, response) => {
      response.on("close", gone);
      response.writeHead(200, {});
      response.write("the first of many");
    });
    const scheme = secure ? "https" : "http";
    const session = connectHttp2(`${scheme}://127.0.0.1:${port.port}`, { ca: certificate.cert });
    session.on("error", () => {});
    const stream = session.request({ ":path": "/" });
    stream.once("data", () => session.destroy());
    expect(await noticed).toBe("noticed");
  });

  test("refuses a port that is taken", async () => {
    port = await openWirePort({ host: "127.0.0.1", port: 0 }, echo);
    await expect(openWirePort({ host: "127.0.0.1", port: port.port }, echo)).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
