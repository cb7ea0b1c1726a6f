import diagnosticsChannel, { channel } from "node:diagnostics_channel";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, expect, it, vi } from "vitest";
import { eventChannel } from "../src/diagnostics.ts";

interface Events {
  readonly sent: { readonly bytes: number };
}

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

it("events reach those who subscribed, by either way, until they end it", () => {
  const events = eventChannel<Events>("test-both");
  const heard: unknown[] = [];
  const onMessage = (message: unknown): void => void heard.push(["channel", message]);
  const end = events.subscribe("sent", (payload) => heard.push(["subscribe", payload]));
  channel("shardline:test-both:sent").subscribe(onMessage);
  events.publish("sent", { bytes: 1 });
  end();
  channel("shardline:test-both:sent").unsubscribe(onMessage);
  events.publish("sent", { bytes: 2 });
  expect(heard).toEqual([
    ["subscribe", { bytes: 1 }],
    ["channel", { bytes: 1 }],
  ]);
});

it("a channel is looked up once, not at every event, and one who comes later is heard", () => {
  const lookUps = vi.spyOn(diagnosticsChannel, "channel");
  syncBuiltinESMExports();
  const events = eventChannel<Events>("test-once");
  for (let bytes = 0; bytes < 10; bytes++) events.publish("sent", { bytes });
  expect(lookUps).toHaveBeenCalledTimes(1);
  const heard: number[] = [];
  const end = events.subscribe("sent", ({ bytes }) => heard.push(bytes));
  events.publish("sent", { bytes: 7 });
  end();
  expect(heard).toEqual([7]);
});
