import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { Output } from "../src/io.ts";

it("writes that wait for a slow reader are no leak to warn of, and end when the reader goes", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const stuck = new Writable({ highWaterMark: 1, write: () => {} });
  const output = new Output(stuck, false);
  const writes = Array.from({ length: 30 }, (_, i) => output.line(`${i}`));
  await new Promise((resolve) => setImmediate(resolve));
  stuck.emit("error", new Error("EPIPE"));
  await Promise.all(writes);
  await output.flush();
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
