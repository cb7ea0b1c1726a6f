import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resolveStream } from "./resolve.ts";
import { streamRef, tagKeys } from "./shapes.ts";
import { checkTagText, withoutTags } from "./tags.ts";

export const removeTagsFromStream: Operation = define(
  { TagKeys: { ...tagKeys, required: true }, ...streamRef },
  (input, context) => {
    const stream = resolveStream(input, "RemoveTagsFromStream", context);
    checkTagText(input.TagKeys);
    stream.settings.tags = withoutTags(stream.settings.tags, input.TagKeys);
    context.model.streamChanged(stream);
    return {};
  },
);
