import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn, tagKeys } from "./shapes.ts";
import { resolveTagged } from "./tagged-resource.ts";
import { checkTagText, withoutTags } from "./tags.ts";

export const untagResource: Operation = define(
  { TagKeys: { ...tagKeys, required: true }, ResourceARN: { ...resourceArn, required: true } },
  (input, context) => {
    const resource = resolveTagged(input.ResourceARN, "UntagResource", context);
    checkTagText(input.TagKeys);
    resource.setTags(withoutTags(resource.tags, input.TagKeys));
    return {};
  },
);
