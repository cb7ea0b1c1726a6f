/** Where a worker's events go: JSON on stdout for machines, text on stderr for people. */

import { pino } from "pino";
import type { Io } from "../io.ts";
import { type EventSink, eventText } from "./event-text.ts";

export function workerEventSink(io: Io, json: boolean): EventSink {
  if (json) return jsonSink(io);
  return (level, name, fields) => {
    // Of its start and end people see the shards; why it could not start is a line of its own.
    if (level === "debug" || name.startsWith("worker-")) return;
    void io.stderr.line(eventText(io.clock.wallMs(), name, fields));
  };
}

/** pino's lines, with the event's name in `event`, the level by its name and the time in ISO 8601. */
function jsonSink(io: Io): EventSink {
  const log = pino(
    {
      level: "debug",
      base: null,
      timestamp: () => `,"time":"${new Date(io.clock.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void io.stdout.write(line) },
  );
  return (level, name, fields) => log[level]({ event: name, ...fields });
}
