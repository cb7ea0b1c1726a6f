/** Memory over time, after garbage collection, and whether it grows. */

export interface MemorySample {
  readonly heapMiB: number;
  readonly rssMiB: number;
}

/** The first samples are of a process that still fills up to its bound. */
const WARM_UP_SHARE = 0.3;
const ALLOWED_GROWTH = 1.15;
const ALLOWED_MIB = 12;

export class MemoryTrend {
  readonly #samples: MemorySample[] = [];

  add(sample: MemorySample): void {
    this.#samples.push(sample);
  }

  /** The last third is not above the first third after warming up. */
  isFlat(): boolean {
    const [first, last] = this.#ends((sample) => sample.heapMiB);
    return last <= Math.max(first * ALLOWED_GROWTH, first + ALLOWED_MIB);
  }

  toString(): string {
    const heap = this.#ends((sample) => sample.heapMiB).map(Math.round);
    const resident = this.#ends((sample) => sample.rssMiB).map(Math.round);
    return `heap and buffers ${heap.join(" → ")} MiB, resident ${resident.join(" → ")} MiB (medians of thirds)`;
  }

  #ends(figure: (sample: MemorySample) => number): [number, number] {
    const warm = this.#samples.slice(Math.floor(this.#samples.length * WARM_UP_SHARE)).map(figure);
    const third = Math.max(1, Math.floor(warm.length / 3));
    return [median(warm.slice(0, third)), median(warm.slice(-third))];
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
