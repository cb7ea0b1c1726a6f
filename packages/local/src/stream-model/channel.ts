export type ChannelStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING" | "FAILED";

/** A channel: delivery of a stream to S3 or to S3 Tables. Kept and described; nothing is delivered. */
export interface ChannelState {
  readonly name: string;
  readonly arn: string;
  readonly channelId: string;
  readonly status: ChannelStatus;
  readonly createdAtMs: number;
  readonly roleArn: string;
  readonly streamArn: string;
  readonly streamCreatedAtMs: number;
  readonly recordConfiguration: Readonly<Record<string, unknown>>;
  /** Exactly one of the two. */
  readonly s3?: Readonly<Record<string, unknown>> | undefined;
  readonly s3Tables?: Readonly<Record<string, unknown>> | undefined;
  readonly encryption?: Readonly<Record<string, unknown>> | undefined;
  readonly logging: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
}
