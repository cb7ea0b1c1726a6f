/** The answer to PutRecords: hundreds of objects of one form, and texts that need no escapes. */

interface Stored {
  readonly SequenceNumber: string;
  readonly ShardId: string;
}

/** What `JSON.stringify` gives, but for the order of the members. */
export function putRecordsAnswer(output: { readonly Records: object[] }): Uint8Array {
  const { Records, ...rest } = output;
  /** What follows the number; a call is answered for few shards. */
  const tails = new Map<string, string>();
  let isAscii = true;
  let text = "";
  for (const result of Records) {
    if (isStored(result)) {
      const { SequenceNumber, ShardId } = result;
      let tail = tails.get(ShardId);
      if (tail === undefined) {
        tail = `","ShardId":"${ShardId}"}`;
        tails.set(ShardId, tail);
      }
      text += text === "" ? '{"SequenceNumber":"' : ',{"SequenceNumber":"';
      text += SequenceNumber;
      text += tail;
    } else {
      isAscii = false;
      text += text === "" ? JSON.stringify(result) : `,${JSON.stringify(result)}`;
    }
  }
  const json = `${JSON.stringify(rest).slice(0, -1)},"Records":[${text}]}`;
  return Buffer.from(json, isAscii ? "latin1" : "utf8");
}

function isStored(result: object): result is Stored {
  return "SequenceNumber" in result && "ShardId" in result;
}
