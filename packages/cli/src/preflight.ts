/** Asks once for the stream before anything is started, so that a wrong name costs one line. */

import {
  type KinesisApi,
  type LeaseTable,
  sleep,
  type Clock,
  type StreamDescription,
  type StreamRef,
} from "@shardline/model";
import { CliError } from "./errors.ts";
import { callFailed } from "./explain.ts";

const CALL_TIMEOUT_MS = 5000;
/** A new stream is ACTIVE within seconds here and within a minute at AWS. */
const ACTIVE_TIMEOUT_MS = 60_000;
const POLL_MS = 500;

/**
 * The stream's description, once it can be used.
 * @throws CliError that says what to do.
 */
export async function requireStream(
  kinesis: KinesisApi,
  stream: StreamRef,
  endpoint: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<StreamDescription> {
  const name = "streamName" in stream ? stream.streamName : stream.streamArn;
  const target = { kind: "stream", name, endpoint } as const;
  const deadlineMs = clock.nowMs() + ACTIVE_TIMEOUT_MS;
  while (true) {
    const call = { timeoutMs: CALL_TIMEOUT_MS, signal };
    const answer = await kinesis.describeStream(stream, call);
    if (answer.kind === "failed") throw callFailed(answer, target);
    const { description } = answer;
    if (description.status === "ACTIVE" || description.status === "UPDATING") return description;
    if (description.status === "DELETING") {
      throw new CliError(`stream ${JSON.stringify(name)} is being deleted: create it again`);
    }
    if (clock.nowMs() > deadlineMs) {
      throw new CliError(
        `stream ${JSON.stringify(name)} is still being created: try again when it is ACTIVE`,
      );
    }
    await sleep(clock, POLL_MS, { signal });
  }
}

/**
 * Fails early where the lease table cannot be asked. That it does not exist yet is fine.
 * @throws CliError that says what to do.
 */
export async function requireTableService(
  leases: LeaseTable,
  tableName: string,
  endpoint: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const answer = await leases.get("preflight", { timeoutMs: CALL_TIMEOUT_MS, signal });
  if (answer.kind === "ok" || answer.reason === "not-found") return;
  // A table of another shape is refused by the worker, which says so better.
  if (answer.reason === "invalid") return;
  throw callFailed(answer, { kind: "table", name: tableName, endpoint });
}
