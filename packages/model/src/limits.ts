/** Service quotas, each with the page that states it. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
export const MAX_PARTITION_KEY_CHARACTERS = 256;

/** Data and partition key together; a stream's MaxRecordSizeInKiB may raise it to 10 MiB.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const DEFAULT_MAX_RECORD_BYTES: number = 1 * MIB;
/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html */
export const MAX_MAX_RECORD_BYTES: number = 10 * MIB;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const MAX_PUT_RECORDS_ENTRIES = 500;
/** Partition keys included. Same page. */
export const MAX_PUT_RECORDS_BYTES: number = 10 * MIB;

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_WRITE_RECORDS_PER_SECOND = 1000;
/** Same page. */
export const SHARD_WRITE_BYTES_PER_SECOND: number = 1 * MIB;
/** Same page. */
export const SHARD_READ_BYTES_PER_SECOND: number = 2 * MIB;
/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const SHARD_READ_CALLS_PER_SECOND = 5;
/** Same page. */
export const MAX_GET_RECORDS_RECORDS = 10_000;
/** Same page. */
export const MAX_GET_RECORDS_BYTES: number = 10 * MIB;
/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
export const SHARD_ITERATOR_LIFETIME_MS: number = 5 * 60 * 1000;
