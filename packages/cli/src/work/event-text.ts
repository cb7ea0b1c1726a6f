/** Events as people read them. */

export type Level = "debug" | "info" | "warn" | "error";

export type EventSink = (level: Level, name: string, fields: Record<string, unknown>) => void;

/** A line for people: time, shard, event, and the rest as name=value. */
export function eventText(wallMs: number, name: string, fields: Record<string, unknown>): string {
  const { shardId, workerId: _, applicationName: __, streamName: ___, ...rest } = fields;
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const subject = typeof shardId === "string" ? [shardId] : [];
  return [new Date(wallMs).toISOString(), ...subject, name, ...details].join(" ");
}
