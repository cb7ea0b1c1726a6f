import { Timestamp } from "./operation.ts";

/** Milliseconds of an input's timestamp: a number is epoch seconds, as JSON has it. */
export function epochMs(timestamp: number | Timestamp | undefined): number | undefined {
  if (timestamp === undefined) return undefined;
  return timestamp instanceof Timestamp ? timestamp.epochMs : Math.round(timestamp * 1000);
}
