/** What the two retention operations have in common. */

import { invalidArgument } from "../stream-model/errors.ts";
import type { ModelStream } from "../stream-model/stream.ts";
import type { OperationContext } from "./operation.ts";
import { updating } from "./reshard.ts";
import { requireActive } from "./resolve.ts";

/** https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html */
const MIN_RETENTION_HOURS = 24;
const MAX_RETENTION_HOURS = 8760;

export function setRetention(
  stream: ModelStream,
  hours: number,
  direction: "increase" | "decrease",
  context: OperationContext,
): void {
  requireActive(stream);
  if (hours < MIN_RETENTION_HOURS) {
    throw invalidArgument(
      `Minimum allowed retention period is ${MIN_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > MAX_RETENTION_HOURS) {
    throw invalidArgument(
      `Maximum allowed retention period is ${MAX_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too long.`,
    );
  }
  const current = stream.settings.retentionHours;
  const wrongWay = direction === "increase" ? hours < current : hours > current;
  if (wrongWay) {
    const [than, other] =
      direction === "increase" ? ["shorter", "Decrease"] : ["longer", "Increase"];
    throw invalidArgument(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be ${than} than existing retention period (${current} hours). Use ${other}RetentionPeriod API.`,
    );
  }
  // What was past the old retention does not come back.
  context.model.trimStream(stream, context);
  updating(stream, context, () => {
    stream.settings.retentionHours = hours;
  });
}
