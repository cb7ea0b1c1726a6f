/**
 * A planted bug: a wrapper around a port or a dependency, outside of production code, that makes the
 * machines break a property. The simulation must catch every one, or it proves nothing.
 */

import type { WorkerOptions } from "@shardline/consumer";
import type { Clock, KinesisApi, LeaseTable } from "@shardline/model";
import type { ProducerOptions } from "@shardline/producer";
import type { SimProcess } from "../kernel/process.ts";
import type { Processor } from "../world/processor.ts";
import type { World } from "../world/world.ts";

export interface Plant {
  readonly name: string;
  /** The rule or hazard that it breaks, in a few words. */
  readonly breaks: string;
  /** The properties of which at least one must be found violated. */
  readonly properties: readonly string[];
  /** A seed that caught it once: where the quick test begins to look. */
  readonly seed: number;
  readonly kinesis?: (port: KinesisApi, world: World, process: SimProcess) => KinesisApi;
  readonly leases?: (port: LeaseTable, world: World, process: SimProcess) => LeaseTable;
  /** Around the table itself: in force when a write is applied, however late. */
  readonly table?: (table: LeaseTable, world: World) => LeaseTable;
  readonly clock?: (clock: Clock, world: World, process: SimProcess) => Clock;
  readonly workerOptions?: (options: WorkerOptions) => WorkerOptions;
  readonly producerOptions?: (options: ProducerOptions) => ProducerOptions;
  readonly processor?: (processor: Processor, world: World, process: SimProcess) => Processor;
}

export const NOTHING_PLANTED: Plant = {
  name: "nothing",
  breaks: "nothing",
  properties: [],
  seed: 1,
};
