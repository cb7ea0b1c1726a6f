import type { History } from "../history/history.ts";

export interface Violation {
  /** The property's id: S1, L2, … */
  readonly property: string;
  readonly atMs: number;
  readonly message: string;
}

/** Judges a finished run by its history alone. */
export type Checker = (history: History) => Violation[];
