import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { streamRef, tagKey } from "./shapes.ts";
import { MAX_TAGS, tagList } from "./tags.ts";

export const listTagsForStream: Operation = define(
  { Limit: { type: "integer", min: 1, max: 50 }, ExclusiveStartTagKey: tagKey, ...streamRef },
  (input, context) => {
    const stream = resolveStream(input, "ListTagsForStream", context);
    const after = input.ExclusiveStartTagKey ?? "";
    const rest = tagList(stream.settings.tags).filter((tag) => tag.Key > after);
    const page = rest.slice(0, input.Limit ?? MAX_TAGS);
    return { Tags: page, HasMoreTags: page.length < rest.length };
  },
);
