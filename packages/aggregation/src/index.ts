export type { AggregatedRecord, Decoded, DecodeOptions } from "./decode.ts";
export { decodeAggregate, KCL_DECODING } from "./decode.ts";
export { AggregateBuilder, byteLengthOf, encodeAggregate } from "./encode.ts";
export type { PlainReason } from "./envelope.ts";
export { hasMagic, MAX_SUB_RECORDS } from "./envelope.ts";
export { CHECKSUM_BYTES, ENVELOPE_BYTES, MAGIC } from "./format.ts";
export { hashKeyOfWords, hashPartitionKey, wordsOfHashKey } from "./partition-key-hash.ts";
