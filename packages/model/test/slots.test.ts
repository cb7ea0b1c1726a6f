import { expect, it } from "vitest";
import { AbortedError } from "../src/errors.ts";
import { Slots } from "../src/slots.ts";

const never = (): AbortSignal => new AbortController().signal;

/** What has been let in, after all that was due. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

it("lets in as many as there are slots, then one for each that leaves, first come, first served", async () => {
  const slots = new Slots(2);
  expect([slots.tryEnter(), slots.tryEnter(), slots.tryEnter()]).toEqual([true, true, false]);
  const entered: string[] = [];
  for (const name of ["a", "b"]) void slots.enter(never()).then(() => entered.push(name));
  slots.leave();
  await settled();
  expect(entered).toEqual(["a"]);
  // The slot was handed on, and nobody slipped in between.
  expect(slots.tryEnter()).toBe(false);
  slots.leave();
  slots.leave();
  slots.leave();
  await settled();
  expect(entered).toEqual(["a", "b"]);
  expect([slots.tryEnter(), slots.tryEnter(), slots.tryEnter()]).toEqual([true, true, false]);
});

it("who gives up waiting takes no slot", async () => {
  const slots = new Slots(1);
  expect(slots.tryEnter()).toBe(true);
  const gone = new AbortController();
  const waiting = slots.enter(gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow(AbortedError);
  await expect(slots.enter(gone.signal)).rejects.toThrow(AbortedError);
  slots.leave();
  expect(slots.tryEnter()).toBe(true);
});

it("only four are in while others wait for the slots that these yield to", async () => {
  const urgent = new Slots(1);
  const slots = new Slots(6, urgent);
  expect(urgent.tryEnter()).toBe(true);
  for (let i = 0; i < 5; i++) expect(slots.tryEnter()).toBe(true);
  const entered: string[] = [];
  const gone = new AbortController();
  void urgent.enter(never()).then(() => entered.push("urgent"));
  const leaving = urgent.enter(gone.signal).catch(() => entered.push("gone"));
  expect(slots.tryEnter()).toBe(false);
  void slots.enter(never()).then(() => entered.push("other"));
  slots.leave();
  urgent.leave();
  await settled();
  expect(entered).toEqual(["urgent"]);
  gone.abort();
  await leaving;
  await settled();
  expect(entered).toEqual(["urgent", "gone", "other"]);
  expect([slots.tryEnter(), slots.tryEnter()]).toEqual([true, false]);
});

it("a rush that does not end leaves the others their share", () => {
  const urgent = new Slots(1);
  const slots = new Slots(6, urgent);
  expect(urgent.tryEnter()).toBe(true);
  void urgent.enter(never());
  for (let i = 0; i < 4; i++) expect(slots.tryEnter()).toBe(true);
  expect(slots.tryEnter()).toBe(false);
  slots.leave();
  expect(slots.tryEnter()).toBe(true);
});
