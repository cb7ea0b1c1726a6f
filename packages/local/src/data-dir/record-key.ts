/**
 * Keys of the data directory. `!` sorts before every character of the parts; sequence numbers are
 * padded so that the order of the keys is the order of the records.
 */

const SEQUENCE_WIDTH = 64;

export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

export const VERSION_KEY = "version";
export const STREAMS: KeyRange = range("stream!");
export const ACCOUNTS: KeyRange = range("account!");
export const RECORDS: KeyRange = range("record!");

export function streamKey(streamId: string): string {
  return `stream!${part(streamId)}`;
}

export function accountKey(accountId: string, region: string): string {
  return `account!${part(accountId)}!${part(region)}`;
}

export function recordKey(streamId: string, shardId: string, sequenceNumber: string): string {
  return `record!${part(streamId)}!${part(shardId)}!${sequenceNumber.padStart(SEQUENCE_WIDTH, "0")}`;
}

/** Undefined for a key that is not a record's. */
export function parseRecordKey(
  key: string,
): { streamId: string; shardId: string; sequenceNumber: string } | undefined {
  const [kind, streamId, shardId, padded, ...rest] = key.split("!");
  if (kind !== "record" || streamId === undefined || shardId === undefined) return undefined;
  if (padded === undefined || rest.length > 0) return undefined;
  return {
    streamId: decodeURIComponent(streamId),
    shardId: decodeURIComponent(shardId),
    sequenceNumber: padded.replace(/^0+(?=\d)/, ""),
  };
}

export function recordsOfStream(streamId: string): KeyRange {
  return range(`record!${part(streamId)}!`);
}

/** The shard's records up to and including this one. */
export function recordsThrough(streamId: string, shardId: string, sequence: string): KeyRange {
  const { gte } = range(`record!${part(streamId)}!${part(shardId)}!`);
  return { gte, lt: `${recordKey(streamId, shardId, sequence)}!` };
}

function range(prefix: string): KeyRange {
  return { gte: prefix, lt: `${prefix}\uffff` };
}

/** Escapes `!` too, which encodeURIComponent leaves. */
function part(text: string): string {
  return encodeURIComponent(text).replaceAll("!", "%21");
}
