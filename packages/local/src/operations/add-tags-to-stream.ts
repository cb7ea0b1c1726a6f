import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { streamRef, tagMap } from "./shapes.ts";
import { checkNewTags } from "./tags.ts";

export const addTagsToStream: Operation = define(
  { Tags: { ...tagMap, required: true }, ...streamRef },
  (input, context) => {
    const stream = resolveStream(input, "AddTagsToStream", context);
    stream.settings.tags = checkNewTags(stream.settings.tags, input.Tags);
    context.model.streamChanged(stream);
    return {};
  },
);
