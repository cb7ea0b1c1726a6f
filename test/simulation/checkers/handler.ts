/** S8: the order in which the application's functions are called, for each tenure of each worker. */

import type { Delivery, History, HookCall } from "../history/history.ts";
import type { Violation } from "./violation.ts";

type Call =
  | { readonly step: number; readonly kind: "begin"; readonly delivery: Delivery }
  | { readonly step: number; readonly kind: "end"; readonly delivery: Delivery }
  | { readonly step: number; readonly kind: "hook"; readonly hook: HookCall };

export function s8HandlerDiscipline(history: History): Violation[] {
  const byLease = new Map<string, Call[]>();
  const add = (incarnation: string, shardId: string, call: Call): void => {
    const key = `${incarnation}/${shardId}`;
    const calls = byLease.get(key) ?? [];
    calls.push(call);
    byLease.set(key, calls);
  };
  // Where a row was deleted by hand its counter, which is the fence, begins again.
  const { tampered } = history;
  for (const delivery of history.deliveries) {
    const { incarnation, shardId, beginStep, endStep } = delivery;
    if (tampered.has(shardId)) continue;
    add(incarnation, shardId, { step: beginStep, kind: "begin", delivery });
    if (endStep !== undefined) add(incarnation, shardId, { step: endStep, kind: "end", delivery });
  }
  for (const hook of history.hooks) {
    if (tampered.has(hook.shardId)) continue;
    add(hook.incarnation, hook.shardId, { step: hook.step, kind: "hook", hook });
  }
  return [...byLease].flatMap(([key, calls]) =>
    judge(
      key,
      calls.sort((a, b) => a.step - b.step),
    ),
  );
}

function judge(key: string, calls: readonly Call[]): Violation[] {
  const violations: Violation[] = [];
  let running: Delivery | undefined;
  const started = new Set<number>();
  const over = new Map<number, string>();
  for (const call of calls) {
    if (call.kind === "end") {
      running = undefined;
      continue;
    }
    const { fence, atMs } =
      call.kind === "begin"
        ? { fence: call.delivery.fence, atMs: call.delivery.beginMs }
        : call.hook;
    const what = call.kind === "begin" ? "processRecords" : call.hook.hook;
    const say = (problem: string): void => {
      violations.push({
        property: "S8",
        atMs,
        message: `${key} fence ${fence}: ${what} ${problem}`,
      });
    };
    const before = over.get(fence);
    // Between a last call and the write that ends the tenure the lease may still be lost.
    if (before !== undefined && !(before !== "lease-lost" && what === "lease-lost")) {
      say(`was called after ${before}`);
    }
    if (running !== undefined) say("was called while processRecords ran");
    if (what === "start") {
      if (started.has(fence)) say("was called twice");
      started.add(fence);
    } else if (!started.has(fence)) {
      say("was called before start");
    }
    if (call.kind === "begin") running = call.delivery;
    else if (what !== "start") over.set(fence, what);
  }
  return violations;
}
