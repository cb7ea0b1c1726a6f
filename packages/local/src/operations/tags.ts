import { invalidArgument, limitExceeded } from "../stream-model/errors.ts";

export type Tags = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html */
export const MAX_TAGS = 50;

const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@%]*$/u;

/** The tags with these added. @throws ServiceError InvalidArgumentException or LimitExceededException */
export function checkNewTags(present: Tags, added: Tags): Tags {
  for (const [key, value] of Object.entries(added)) {
    if (key.toLowerCase().startsWith("aws:")) {
      throw invalidArgument("Tag keys starting with 'aws:' are reserved for system use.");
    }
    checkTagText([key, value]);
  }
  const tags = { ...present, ...added };
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) {
    throw limitExceeded(
      `A resource may have at most ${MAX_TAGS} tags; this request would make it ${count}.`,
    );
  }
  return tags;
}

/** @throws ServiceError InvalidArgumentException */
export function checkTagText(texts: readonly string[]): void {
  if (texts.every((text) => TEXT.test(text))) return;
  throw invalidArgument(
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
  );
}

export function withoutTags(present: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(present).filter(([key]) => !keys.includes(key)));
}

/** In the order of their keys. */
export function tagList(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  const sorted = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([Key, Value]) => ({ Key, Value }));
}
