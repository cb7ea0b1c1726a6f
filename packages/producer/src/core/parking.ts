import { dataBytes } from "@shardline/model";
import type { Arrival } from "./aggregate.ts";

/** Records that came before the first shard map. Their data is copied: the caller may reuse it. */
export class Parking {
  #arrivals: Arrival[] = [];

  add(arrival: Arrival): void {
    this.#arrivals.push({ ...arrival, data: Uint8Array.from(dataBytes(arrival.data)) });
  }

  takeAll(): Arrival[] {
    const all = this.#arrivals;
    this.#arrivals = [];
    return all;
  }

  /** Those accepted at or before `acceptedAtMs`. */
  takeOlder(acceptedAtMs: number): Arrival[] {
    const count = this.#arrivals.findIndex(({ record }) => record.acceptedAtMs > acceptedAtMs);
    return this.#arrivals.splice(0, count < 0 ? this.#arrivals.length : count);
  }

  oldestMs(): number {
    return this.#arrivals[0]?.record.acceptedAtMs ?? Number.POSITIVE_INFINITY;
  }
}
