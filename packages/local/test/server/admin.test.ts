import { afterEach, describe, expect, test } from "vitest";
import { type LocalOptions, type LocalServer, startLocal, VirtualClock } from "../../src/index.ts";
import { exchange } from "./wire-client.ts";

let server: LocalServer;
afterEach(() => server.close());

async function start(options: LocalOptions = {}): Promise<void> {
  server = await startLocal({ admin: true, ...options });
}

async function call(
  method: string,
  path: string,
  input?: unknown,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = input === undefined ? "" : JSON.stringify(input);
  const options = { method, path: `/_shardline/${path}` };
  const answer = await exchange(server.kinesisUrl, headers, body, options);
  const isJson = answer.headers["content-type"] === "application/json";
  return { status: answer.status, body: isJson ? JSON.parse(answer.body.toString()) : {} };
}

test("without the option there is no such endpoint", async () => {
  server = await startLocal();
  expect((await call("GET", "faults")).status).toBe(403);
  expect((await call("POST", "faults", { action: { kind: "drop" } })).status).toBe(404);
  expect(server.faults.list()).toEqual([]);
});

describe("faults", () => {
  test("are added, listed and removed", async () => {
    await start();
    const rule = { operation: "GetRecords", action: { kind: "throttle" } };
    const { body } = await call("POST", "faults", rule);
    expect(body).toEqual({ id: 1 });
    expect((await call("GET", "faults")).body).toEqual({ faults: [{ id: 1, rule, hits: 0 }] });
    expect((await call("DELETE", "faults/1")).status).toBe(200);
    expect((await call("DELETE", "faults/1")).status).toBe(404);
    await call("POST", "faults", rule);
    await call("DELETE", "faults");
    expect(server.faults.list()).toEqual([]);
  });

  test("that make no sense are refused with a reason", async () => {
    await start();
    const { status, body } = await call("POST", "faults", { action: { kind: "explode" } });
    expect(status).toBe(400);
    expect(body["error"]).toContain("explode");
    expect((await call("POST", "faults", "x")).status).toBe(400);
    expect((await call("POST", "nothing", {})).status).toBe(404);
  });
});

describe("time", () => {
  test("moves where the clock is virtual", async () => {
    const clock = new VirtualClock();
    await start({ clock });
    expect((await call("POST", "clock/advance", { ms: 5000 })).body).toMatchObject({ nowMs: 5000 });
    expect((await call("GET", "clock")).body).toMatchObject({ nowMs: 5000, virtual: true });
    expect((await call("POST", "clock/advance", { ms: -1 })).status).toBe(400);
    expect((await call("POST", "clock/advance", {})).status).toBe(400);
  });

  test("does not on the machine's clock", async () => {
    await start();
    expect((await call("GET", "clock")).body).toMatchObject({ virtual: false });
    expect((await call("POST", "clock/advance", { ms: 1 })).status).toBe(409);
  });
});

test("a web page cannot use it: no foreign origin, host or simple form post", async () => {
  await start();
  const rule = { action: { kind: "drop" } };
  const json = { "content-type": "application/json" };
  const origin = { ...json, origin: "https://example.com" };
  expect((await call("POST", "faults", rule, origin)).status).toBe(403);
  const host = { ...json, host: "example.com" };
  expect((await call("POST", "faults", rule, host)).status).toBe(403);
  const form = await call("POST", "faults", rule, { "content-type": "text/plain" });
  expect(form).toEqual({ status: 415, body: { error: "send content-type: application/json" } });
  expect(server.faults.list()).toEqual([]);
});
