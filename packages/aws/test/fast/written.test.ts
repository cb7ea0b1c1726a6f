/** When the memory of a body may be used again. */

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { http1Wire } from "../../src/fast/http1-wire.ts";
import { http2Wire } from "../../src/fast/http2-wire.ts";
import { eventually, scriptedServer } from "../support/scripted-server.ts";

/** More than the kernel takes of a request that nobody reads. */
const BODY = Buffer.alloc(32 * 1024 * 1024);

it.each(["http1", "http2"] as const)(
  "over %s it is never told of a body that was given up half sent",
  async (transport) => {
    const never = new Promise<void>(() => {});
    const server = await scriptedServer(() => ({ body: {} }), transport, never);
    const agents = { httpAgent: new HttpAgent(), httpsAgent: new HttpsAgent() };
    const wire =
      transport === "http1"
        ? http1Wire({ ...agents, destroy: () => {} })
        : http2Wire({ maxSessions: 1 });
    const abort = new AbortController();
    let written = 0;
    const sent = wire.send(
      {
        protocol: "http:",
        hostname: "127.0.0.1",
        port: server.port,
        path: "/",
        headers: { host: `127.0.0.1:${server.port}`, "content-length": String(BODY.length) },
        body: BODY,
        onWritten: () => written++,
        maxAnswerBytes: 1024,
      },
      abort.signal,
      { sent: false },
    );
    await eventually(() => server.waiting() === 1);
    abort.abort(new Error("given up"));
    await expect(sent).rejects.toThrow("given up");
    for (let turns = 0; turns < 5; turns++) await setImmediate();
    expect(written).toBe(0);
    wire.close();
    await server.close();
  },
);
