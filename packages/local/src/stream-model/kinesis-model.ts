import type { Change } from "./changes.ts";
import { DEFAULT_MODEL_CONFIG, type ModelConfig } from "./config.ts";

/** All streams of all accounts and regions of one local Kinesis. */
export class KinesisModel {
  readonly config: ModelConfig;
  readonly #listeners: Set<(change: Change) => void> = new Set();

  constructor(config: Partial<ModelConfig> & Pick<ModelConfig, "random">) {
    this.config = { ...DEFAULT_MODEL_CONFIG, ...config };
  }

  /** Calls `listener` with every change, inside the operation that makes it. Returns the function that ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Applies changes as a listener had them, or as `snapshot` gave them. Listeners hear nothing of it. */
  restore(changes: Iterable<Change>): void {
    for (const change of changes) void change;
  }

  /** The whole model as the shortest list of changes that rebuilds it. */
  *snapshot(): Generator<Change> {}
}
