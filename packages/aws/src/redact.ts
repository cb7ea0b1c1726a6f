/** Messages of the service without what they quote of a record: they go into logs and errors. */

/** Members whose values are names, which help and are no secret. */
const NAMES = /(^|\.)(stream(Name|ARN)|consumer(Name|ARN)|tableName|shardId|limit)$/i;

/**
 * `Value 'K' at 'records.1.member.partitionKey' failed to satisfy constraint: …`, which is how the
 * service refuses a key that is too long, and `Specified value was …`, how it refuses a hash key.
 */
export function redacted(message: string): string {
  return message
    .replaceAll(
      /\bvalue '[^]*?(' at '([\w.]+)' failed to satisfy|$)/gi,
      (whole, end: string, member: string | undefined) =>
        member !== undefined && NAMES.test(member) ? whole : `Value '…${end}`,
    )
    .replaceAll(/(\bspecified value was:? )[^]*$/gi, "$1…");
}
