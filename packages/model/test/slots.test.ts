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
  // The slot was handed on: nobody may slip in between.
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
