import { setMaxListeners } from "node:events";
import { AbortedError, type Clock, type Timer } from "@shardline/model";

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
  readonly fail: (error: Error) => void;
  /** When its patience ends. */
  readonly untilMs: number;
  readonly expire: () => void;
  cancelled: boolean;
}

const FOR_EVER = { untilMs: Number.POSITIVE_INFINITY, expire: (): void => {} };

/** Room in the buffer, in records and in bytes. Who finds none waits in line, first come, first served. */
export class Admission {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #records = 0;
  #bytes = 0;
  #line: Waiter[] = [];
  #head = 0;
  #waiting = 0;

  constructor(bounds: { readonly maxRecords: number; readonly maxBytes: number }, clock: Clock) {
    this.#clock = clock;
    this.#maxRecords = bounds.maxRecords;
    this.#maxBytes = bounds.maxBytes;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** True if a put() would wait. */
  get isFull(): boolean {
    return this.#waiting > 0 || !this.#hasRoom(0);
  }

  /** Never past someone who waits. */
  tryEnter(bytes: number): boolean {
    if (this.#waiting > 0 || !this.#hasRoom(bytes)) return false;
    this.#records++;
    this.#bytes += bytes;
    return true;
  }

  /**
   * Calls `enter` once there is room, with the room taken; or `fail` if `signal` aborts before, or
   * `patience.expire` when that ends.
   */
  wait(
    bytes: number,
    enter: () => void,
    fail: (error: Error) => void,
    signal: AbortSignal | undefined,
    patience: { readonly untilMs: number; readonly expire: () => void } = FOR_EVER,
  ): void {
    const waiter: Waiter = { bytes, enter, fail, ...patience, cancelled: false };
    if (signal !== undefined) {
      const onAbort = (): void => {
        if (!this.#cancel(waiter)) return;
        fail(AbortedError.from(signal));
        this.#admit();
      };
      allowManyListeners(signal);
      signal.addEventListener("abort", onAbort, { once: true });
      const listening = waiter as { -readonly [Key in keyof Waiter]: Waiter[Key] };
      listening.enter = () => {
        signal.removeEventListener("abort", onAbort);
        enter();
      };
      listening.fail = (error) => {
        signal.removeEventListener("abort", onAbort);
        fail(error);
      };
      listening.expire = () => {
        signal.removeEventListener("abort", onAbort);
        patience.expire();
      };
    }
    this.#line.push(waiter);
    this.#waiting++;
    if (this.#timer === undefined) this.#watch(patience.untilMs);
  }

  /** Its turn comes as that of one that waits to enter, but it takes no room. */
  waitWithoutTaking(
    resolve: () => void,
    fail: (error: Error) => void,
    signal: AbortSignal | undefined,
  ): void {
    const enter = (): void => {
      resolve();
      this.leave(1, 0);
    };
    this.wait(0, enter, fail, signal);
  }

  leave(records: number, bytes: number): void {
    this.#records -= records;
    this.#bytes -= bytes;
    if (this.#waiting > 0) this.#admit();
  }

  /** Everyone who waits gets `error`. */
  refuseAll(error: Error): number {
    const line = this.#line.slice(this.#head).filter((waiter) => !waiter.cancelled);
    this.#line = [];
    this.#head = 0;
    this.#waiting = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiter of line) {
      waiter.cancelled = true;
      waiter.fail(error);
    }
    return line.length;
  }

  /** A record larger than the buffer passes when it is alone. */
  #hasRoom(bytes: number): boolean {
    if (this.#records >= this.#maxRecords) return false;
    return this.#bytes + bytes <= this.#maxBytes || this.#records === 0;
  }

  #cancel(waiter: Waiter): boolean {
    if (waiter.cancelled) return false;
    waiter.cancelled = true;
    this.#waiting--;
    return true;
  }

  #watch(untilMs: number): void {
    if (untilMs === Number.POSITIVE_INFINITY) return;
    // In the background: who waits for room waits for records that keep the process alive.
    const waitMs = Math.max(0, untilMs - this.#clock.nowMs());
    this.#timer = this.#clock.setTimer(waitMs, this.#expire, { background: true });
  }

  /** The line is in the order of the puts, and all have the same patience: the first ends first. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    const line = this.#line;
    for (let i = this.#head; i < line.length; i++) {
      const waiter = line[i] as Waiter;
      if (waiter.cancelled || waiter.untilMs === Number.POSITIVE_INFINITY) continue;
      if (waiter.untilMs > nowMs) {
        this.#watch(waiter.untilMs);
        break;
      }
      this.#cancel(waiter);
      waiter.expire();
    }
    this.#admit();
  };

  #admit(): void {
    for (;;) {
      const next = this.#line[this.#head];
      if (next === undefined) break;
      if (!next.cancelled) {
        if (!this.#hasRoom(next.bytes)) return;
        this.#cancel(next);
        this.#records++;
        this.#bytes += next.bytes;
        this.#head++;
        next.enter();
      } else this.#head++;
      if (this.#head >= 1024 && this.#head * 2 > this.#line.length) {
        this.#line = this.#line.slice(this.#head);
        this.#head = 0;
      }
    }
    this.#line = [];
    this.#head = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** Many puts may wait with one signal: no leak for Node.js to warn of. */
function allowManyListeners(signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal);
  } catch {
    // Not Node.js' own but jsdom's, say: it warns of none.
  }
}
