/** The answer to PutRecords: hundreds of objects of one form, and texts that need no escapes. */

interface Stored {
  readonly SequenceNumber: string;
  readonly ShardId: string;
}

/** What `JSON.stringify` gives, but for the order of the members. */
export function putRecordsAnswer({ Records, ...rest }: { readonly Records: object[] }): string {
  let text = "";
  for (const result of Records) {
    if (text !== "") text += ",";
    text += isStored(result)
      ? `{"SequenceNumber":"${result.SequenceNumber}","ShardId":"${result.ShardId}"}`
      : JSON.stringify(result);
  }
  return `${JSON.stringify(rest).slice(0, -1)},"Records":[${text}]}`;
}

function isStored(result: object): result is Stored {
  return "SequenceNumber" in result && "ShardId" in result;
}
