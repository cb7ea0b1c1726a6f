import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { systemClock } from "../src/system.ts";

/** Keeps the process busy, as a long computation or a SIGSTOP would. */
function stallUntil(atMs: number): void {
  while (performance.now() < atMs);
}

it("F6: after a stall, an answer that has arrived comes before the deadline that has passed", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [[accepted]] = (await Promise.all([
    once(server, "connection"),
    once(client, "connect"),
  ])) as [[Socket], unknown];
  const order: string[] = [];
  const deadline = new Promise<void>((resolve) => {
    systemClock.setTimer(20, () => {
      order.push("deadline");
      resolve();
    });
  });
  client.on("data", () => order.push("answer"));
  accepted.write("x", () => stallUntil(performance.now() + 40));
  await deadline;
  expect(order).toEqual(["answer", "deadline"]);
  client.destroy();
  accepted.destroy();
  server.close();
});

it("a timer that was cancelled does not fire, not even when it was due", async () => {
  let fired = 0;
  const timer = systemClock.setTimer(0, () => fired++);
  timer.cancel();
  const due = systemClock.setTimer(0, () => fired++);
  // Due, and waiting for the sockets.
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      due.cancel();
      resolve();
    }, 1);
  });
  await setImmediate();
  await setImmediate();
  expect(fired).toBe(0);
});

it("a timer in the background fires where nothing else happens", async () => {
  // A server that nobody calls keeps the event loop alive, and nothing wakes it up.
  const program = `
    import { createServer } from "node:net";
    import { parentPort } from "node:worker_threads";
    import { systemClock } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    createServer().listen(0, () => {
      systemClock.setTimer(1, () => parentPort.postMessage("fired"), { background: true });
    });
  `;
  const idle = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  expect(await once(idle, "message")).toEqual(["fired"]);
  await idle.terminate();
});
