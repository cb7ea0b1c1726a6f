/**
 * States that the generator must reach. A run that never comes near a danger proves nothing, so a
 * state that stays dry over many seeds fails the suite.
 */

import type { History } from "./history/history.ts";

export function countStates(history: History): void {
  void history;
}

export function dryStates(counters: ReadonlyMap<string, number>, seeds: number): string[] {
  void counters;
  void seeds;
  return [];
}
