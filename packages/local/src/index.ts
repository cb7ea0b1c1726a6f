export type {
  AppliedLeaseWrite,
  LeaseVerb,
  MemoryLeaseTableOptions,
} from "./memory/lease-table.ts";
export { MemoryLeaseTable } from "./memory/lease-table.ts";
export { SeededRandom } from "./memory/seeded-random.ts";
export { settle, VirtualClock } from "./memory/virtual-clock.ts";
