/** Every property, by id, and the one call that judges a run. */

import type { History } from "../history/history.ts";
import { duplicatePuts, s1bFailedIsHonest, s1NoAcknowledgedLoss } from "./acknowledged.ts";
import { l9ChildrenStart } from "./births.ts";
import { boundedRepeats } from "./duplicates.ts";
import { s9Readable } from "./decoding.ts";
import { s4aFencedWrites, s4bNoStaleDelivery } from "./fencing.ts";
import { s8HandlerDiscipline } from "./handler.ts";
import { s5ParentsFirst, s5cNoLostChildren } from "./lineage.ts";
import {
  l4SettlesInTime,
  l5StopsInTime,
  l8BoundedBuffer,
  s6OneResultPerPut,
} from "./one-result.ts";
import { putOrder } from "./order.ts";
import { s4dHonestLosses } from "./losses.ts";
import { l1OwnedAfterHeal, l2TakenOver } from "./ownership.ts";
import { poisonStandsAlone } from "./poison.ts";
import { s2AndCheckpoints } from "./processing.ts";
import { s2cOrderInTenure, s4cFences } from "./tenure-order.ts";
import type { Checker, Violation } from "./violation.ts";

const OF_PRODUCERS: readonly Checker[] = [
  s1NoAcknowledgedLoss,
  s1bFailedIsHonest,
  duplicatePuts,
  putOrder,
  s6OneResultPerPut,
  s9Readable,
  poisonStandsAlone,
  l4SettlesInTime,
  l5StopsInTime,
  l8BoundedBuffer,
];

const OF_WORKERS: readonly Checker[] = [
  s2AndCheckpoints,
  s2cOrderInTenure,
  s4cFences,
  s4aFencedWrites,
  s4bNoStaleDelivery,
  s4dHonestLosses,
  s5ParentsFirst,
  s5cNoLostChildren,
  s8HandlerDiscipline,
  boundedRepeats,
  l1OwnedAfterHeal,
  l2TakenOver,
  l9ChildrenStart,
];

export function judge(history: History): Violation[] {
  const workers = history.scenario.workers === 0 ? [] : OF_WORKERS;
  return [...OF_PRODUCERS, ...workers]
    .flatMap((check) => check(history))
    .sort((a, b) => a.atMs - b.atMs);
}
