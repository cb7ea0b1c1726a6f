import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OpenSockets } from "../../src/server/open-sockets.ts";

class FakeSocket extends EventEmitter {
  bytesRead = 0;
  bytesWritten = 0;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

let sockets: OpenSockets;
beforeEach(() => {
  vi.useFakeTimers();
  sockets = new OpenSockets(10_000);
});
afterEach(() => {
  sockets.destroyAll();
  vi.useRealTimers();
});

function open(): FakeSocket {
  const socket = new FakeSocket();
  sockets.add(socket as unknown as Socket);
  sockets.add(socket as unknown as Socket);
  return socket;
}

test("drops a connection on which nothing moves, and only that", () => {
  const [silent, reading, writing] = [open(), open(), open()];
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      reading.bytesWritten++;
      writing.bytesRead++;
      vi.advanceTimersByTime(1000);
    }
  };
  pass(9);
  expect(silent.destroyed).toBe(false);
  pass(20);
  expect([silent, reading, writing].map((socket) => socket.destroyed)).toEqual([
    true,
    false,
    false,
  ]);
  expect(sockets.size).toBe(2);
});

test("forgets a connection that has closed by itself, and ends with the rest", () => {
  const [closed, left] = [open(), open()];
  closed.emit("close");
  expect(sockets.size).toBe(1);
  sockets.destroyAll();
  expect(left.destroyed).toBe(true);
  expect(sockets.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
