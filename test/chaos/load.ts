/** Puts records at an even rate through one `shardline put`, and notes what it acknowledges. */

import { payloadOf } from "./journal.ts";
import { Program } from "./program.ts";

const TICK_MS = 50;
const KEYS = 40;

export class Load {
  readonly #program: Program;
  readonly #perTick: number;
  readonly #timer: NodeJS.Timeout;
  #put = 0;
  /** Indexes. */
  readonly acknowledged: Set<number> = new Set();
  readonly perShard: Map<string, number> = new Map();

  constructor(streamName: string, recordsPerSecond: number, env: Readonly<Record<string, string>>) {
    this.#perTick = Math.max(1, Math.round((recordsPerSecond * TICK_MS) / 1000));
    const argv = ["put", streamName, "--key-pattern", String.raw`^(\S+)`, "--acks", "--json"];
    this.#program = new Program(argv, env, (text) => this.#onLine(text));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get put(): number {
    return this.#put;
  }

  /** Resolves when everything is settled. @throws Error if a record was refused. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#program.endInput();
    const code = await this.#program.exited;
    if (code !== 0) throw new Error(`the load ended with ${code}: ${this.#program.errors}`);
  }

  async kill(): Promise<void> {
    clearInterval(this.#timer);
    await this.#program.kill();
  }

  #tick(): void {
    let text = "";
    for (let i = 0; i < this.#perTick; i++) {
      const index = this.#put++;
      text += `${payloadOf({ key: `key-${index % KEYS}`, index })}\n`;
    }
    this.#program.write(text);
  }

  #onLine(text: string): void {
    const { line, shardId } = JSON.parse(text) as { line?: number; shardId?: string };
    // The last line is the summary.
    if (line === undefined || shardId === undefined) return;
    this.acknowledged.add(line - 1);
    this.perShard.set(shardId, (this.perShard.get(shardId) ?? 0) + 1);
  }
}
