import type { AccountSnapshot } from "./changes.ts";
import type { ChannelState } from "./channel.ts";
import type { ModelStream } from "./stream.ts";

/** The billing commitment that turns on-demand streams into On-demand Advantage. */
export interface BillingCommitment {
  readonly startedAtMs: number;
  /** Set when it was ended or is to end by itself at the earliest moment allowed. */
  readonly endedAtMs?: number | undefined;
}

export interface AccountState {
  readonly commitment?: BillingCommitment | undefined;
  readonly channels: readonly ChannelState[];
}

/** What one account has in one region. */
export class ModelAccount {
  readonly accountId: string;
  readonly region: string;
  readonly streams: Map<string, ModelStream> = new Map();
  readonly channels: Map<string, ChannelState> = new Map();
  commitment: BillingCommitment | undefined;

  constructor(accountId: string, region: string) {
    this.accountId = accountId;
    this.region = region;
  }

  toSnapshot(): AccountSnapshot {
    const state: AccountState = {
      commitment: this.commitment,
      channels: [...this.channels.values()],
    };
    const { accountId, region } = this;
    return { accountId, region, state: state as unknown as Record<string, unknown> };
  }

  restore(snapshot: AccountSnapshot): void {
    const state = snapshot.state as unknown as AccountState;
    this.commitment = state.commitment;
    this.channels.clear();
    for (const channel of state.channels) {
      if (channel.status !== "DELETING")
        this.channels.set(channel.arn, { ...channel, status: "ACTIVE" });
    }
  }
}
