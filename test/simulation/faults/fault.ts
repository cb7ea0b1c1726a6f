/**
 * Faults as data: a schedule is an array of these, drawn from a seed, printable, replayable and
 * shrinkable. Nothing else in a run decides by chance whether something goes wrong.
 *
 * The comments name the entries of the fault catalogue (F1 …) that a kind stands for.
 */

import type { FailureReason } from "@shardline/model";

export type Service = "kinesis" | "table";

/** A worker or a producer by its place (`worker-2`), whoever runs there at the time; `*` is all. */
export type Place = string;

interface Window {
  readonly durationMs: number;
  /** Seeds the window's own dice, so that leaving out another fault does not change this one. */
  readonly salt: number;
  /** Share of the calls that are hit. */
  readonly probability: number;
}

interface CallWindow extends Window {
  readonly place: Place;
  readonly service: Service;
}

export type PointFault =
  /** F1; with `sameId` F7: the successor says it is the same worker. */
  | {
      readonly kind: "crash";
      readonly place: Place;
      readonly restartAfterMs: number | null;
      readonly sameId: boolean;
    }
  /** F2, F3 */
  | { readonly kind: "pause"; readonly place: Place; readonly durationMs: number }
  /** F8, F9: SIGTERM, drained. */
  | { readonly kind: "stop"; readonly place: Place; readonly restartAfterMs: number | null }
  | { readonly kind: "join" }
  /** F5 */
  | { readonly kind: "clock-jump"; readonly place: Place; readonly deltaMs: number }
  /** F48, F44. `pick` in [0, 1) chooses among the open shards; `at` where the range is cut. */
  | { readonly kind: "split"; readonly pick: number; readonly at: number }
  | { readonly kind: "merge"; readonly pick: number }
  /** F34: somebody deletes a row by hand. */
  | { readonly kind: "row-deleted"; readonly pick: number }
  /** F46: every process stands still for longer than the stream keeps its records. */
  | { readonly kind: "standstill" };

export type WindowFault =
  /** F20, F21, F22: `side` is what gets lost. */
  | (CallWindow & { readonly kind: "partition"; readonly side: "request" | "response" })
  /** F30, F41: applied, then the connection is reset. */
  | (CallWindow & { readonly kind: "lost-response" })
  /** F23: the service works after the client has given up. */
  | (CallWindow & { readonly kind: "late-apply"; readonly delayMs: number })
  /** F23 */
  | (CallWindow & { readonly kind: "latency"; readonly delayMs: number })
  /** F26, F32, F42 (the whole call) */
  | (CallWindow & { readonly kind: "throttle" })
  /** F25: expired credentials, a policy or a key that does not allow it; for a while. */
  | (CallWindow & {
      readonly kind: "refused";
      readonly reason: FailureReason;
      readonly code: string;
    })
  /** 5xx, before or after the work was done */
  | (CallWindow & { readonly kind: "server-error"; readonly applied: boolean })
  /** F31: a proxy sends the request twice, the second answer is what the client gets. */
  | (CallWindow & { readonly kind: "sent-twice" })
  /** F40, F42: `probability` an entry. */
  | (Window & { readonly kind: "partial-put"; readonly code: string })
  /** Hazard 11: `probability` a put; a request with such a record is refused as a whole. */
  | (Window & { readonly kind: "poison" })
  /** F43 */
  | (Window & { readonly kind: "count-mismatch" })
  /** F33: `probability` a row. */
  | (Window & { readonly kind: "stale-list"; readonly maxLag: number; readonly missing: number })
  /** F49: ListShards shows the stream as it was. */
  | (Window & { readonly kind: "stale-shards" })
  /** F45 */
  | (Window & { readonly kind: "expired-iterator" })
  /** F47: an empty answer though there is more. */
  | (Window & { readonly kind: "empty-read" })
  /** F11: `probability` a call. */
  | (Window & { readonly kind: "processor-fails" })
  /** F11: until its signal aborts, or for as long as the faults go on. */
  | (Window & { readonly kind: "processor-hangs" })
  /** F4, F12 */
  | (Window & { readonly kind: "processor-slow"; readonly delayMs: number });

export type Fault = { readonly atMs: number } & (PointFault | WindowFault);
export type FaultKind = Fault["kind"];
export type Schedule = readonly Fault[];

export function isWindow(fault: Fault): fault is Fault & WindowFault {
  return "salt" in fault;
}

/** When the fault's own effect is over. */
export function endMs(fault: Fault): number {
  return fault.atMs + ("durationMs" in fault ? fault.durationMs : 0);
}
