/** Everything that exists in one run: time, the stream, the table, the processes and the trouble. */

import { type AppliedLeaseWrite, MemoryLeaseTable } from "@shardline/local";
import { isShardEnd, type KinesisApi, type LeaseTable, type Random } from "@shardline/model";
import type { Schedule } from "../faults/fault.ts";
import { OpenWindows, type WindowKind, type WindowOf } from "../faults/windows.ts";
import { History } from "../history/history.ts";
import { Kernel } from "../kernel/kernel.ts";
import { Link } from "../kernel/link.ts";
import type { SimProcess } from "../kernel/process.ts";
import type { Plant } from "../planted/plant.ts";
import { randomFor, type Scenario } from "../scenario/scenario.ts";
import { Fleet } from "./fleet.ts";
import { KinesisPort } from "./kinesis-port.ts";
import { Outstanding } from "./outstanding.ts";
import { SimStream } from "./sim-stream.ts";
import { TablePort } from "./table-port.ts";

export class World {
  readonly scenario: Scenario;
  readonly plant: Plant;
  readonly kernel: Kernel;
  readonly history: History;
  readonly windows: OpenWindows = new OpenWindows();
  readonly stream: SimStream;
  readonly table: MemoryLeaseTable;
  readonly fleet: Fleet;
  readonly outstanding: Outstanding = new Outstanding();
  #serving: SimProcess | undefined;
  #putsInFlight = 0;

  constructor(scenario: Scenario, schedule: Schedule, plant: Plant) {
    this.scenario = scenario;
    this.plant = plant;
    this.kernel = new Kernel(randomFor(scenario.seed, "kernel"));
    this.history = new History(scenario, schedule);
    this.stream = new SimStream(this);
    this.table = new MemoryLeaseTable({
      onApplied: (write) => this.#onRowWrite(write),
      lag: (_leaseKey, versions) => this.#lag(versions),
    });
    this.fleet = new Fleet(this);
  }

  /** The two services as a process sees them. */
  portsFor(process: SimProcess, place: string): { kinesis: KinesisApi; leases: LeaseTable } {
    const observer = {
      hit: (kind: string): void => this.history.count(`hit ${kind}`),
      inFlight: (change: number): void => {
        if (place.startsWith("producer")) this.#putsInFlight += change;
      },
      serving: (who: SimProcess | undefined): void => {
        this.#serving = who;
      },
    };
    const link = new Link(process, place, this.windows, process.random, observer);
    const kinesis = new KinesisPort(link, this.stream.api, this);
    const { plant } = this;
    const leases = new TablePort(link, plant.table?.(this.table, this) ?? this.table);
    return {
      kinesis: plant.kinesis?.(kinesis, this, process) ?? kinesis,
      leases: plant.leases?.(leases, this, process) ?? leases,
    };
  }

  /** Requests of producers that are on their way: one may arrive long after its sender has died. */
  get putsInFlight(): number {
    return this.#putsInFlight;
  }

  /** Asks the open windows of a kind, and counts. */
  hit<Kind extends WindowKind>(
    kind: Kind,
  ): { readonly fault: WindowOf<Kind>; readonly random: Random } | undefined {
    const hit = this.windows.hit(kind);
    if (hit !== undefined) this.history.count(`hit ${kind}`);
    return hit;
  }

  note(name: string, payload: Readonly<Record<string, unknown>>): void {
    const incarnation = name.startsWith("world.") ? undefined : this.kernel.running;
    const atMs = this.kernel.nowMs;
    this.history.events.push({ incarnation, name, payload, atMs, step: this.history.nextStep() });
  }

  /** A machine said something. */
  heard(name: string, payload: Readonly<Record<string, unknown>>): void {
    this.history.count(`event ${name}`);
    this.note(name, payload);
  }

  /** An operator removes the row of a lease that is not finished. */
  deleteRow(pick: number): void {
    const rows = this.table.rows().filter((row) => !isShardEnd(row.checkpoint));
    const row = rows[Math.floor(pick * rows.length)];
    if (row !== undefined) this.table.overwrite(row.leaseKey, undefined);
  }

  #onRowWrite(write: AppliedLeaseWrite): void {
    this.history.rowWrites.push({
      ...write,
      incarnation: this.#serving?.name,
      atMs: this.kernel.nowMs,
      step: this.history.nextStep(),
    });
    const checkpoint = write.after?.checkpoint;
    if (checkpoint !== undefined && isShardEnd(checkpoint)) {
      this.history.endedShards.add(write.leaseKey);
    }
  }

  #lag(versions: number): number | "missing" {
    const hit = this.hit("stale-list");
    if (hit === undefined) return 0;
    if (hit.random.next() < hit.fault.missing) return "missing";
    return Math.min(versions - 1, 1 + Math.floor(hit.random.next() * hit.fault.maxLag));
  }
}
