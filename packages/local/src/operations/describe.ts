/** What the two descriptions of a stream have in common. */

import type { ModelStream } from "../stream-model/stream.ts";
import { Timestamp } from "./operation.ts";

export function streamHead(stream: ModelStream): object {
  const { settings } = stream;
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: settings.status,
    StreamModeDetails: { StreamMode: settings.mode },
    RetentionPeriodHours: settings.retentionHours,
    StreamCreationTimestamp: new Timestamp(settings.createdAtMs),
    EnhancedMonitoring: [{ ShardLevelMetrics: settings.metrics }],
    EncryptionType: settings.keyId === undefined ? "NONE" : "KMS",
    ...(settings.keyId === undefined ? {} : { KeyId: settings.keyId }),
  };
}
