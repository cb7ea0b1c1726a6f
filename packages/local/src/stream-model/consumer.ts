/** A registered fan-out consumer of a stream. */

export type ConsumerStatus = "CREATING" | "ACTIVE" | "DELETING";

export interface ConsumerState {
  readonly name: string;
  readonly status: ConsumerStatus;
  readonly createdAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: string | undefined;
}

export class ModelConsumer {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  status: ConsumerStatus;
  tags: Readonly<Record<string, string>>;
  policy: string | undefined;
  /** By shard id: who reads now, and since when. */
  readonly subscriptions: Map<
    string,
    { readonly startedAtMs: number; readonly replace: () => void }
  > = new Map();

  constructor(state: ConsumerState, streamArn: string) {
    this.name = state.name;
    this.status = state.status;
    this.createdAtMs = state.createdAtMs;
    this.tags = state.tags;
    this.policy = state.policy;
    this.arn = `${streamArn}/consumer/${state.name}:${Math.floor(state.createdAtMs / 1000)}`;
  }

  toState(): ConsumerState {
    const { name, status, createdAtMs, tags, policy } = this;
    return { name, status, createdAtMs, tags, policy };
  }
}
