import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn, tagMap } from "./shapes.ts";
import { resolveTagged } from "./tagged-resource.ts";
import { checkNewTags } from "./tags.ts";

export const tagResource: Operation = define(
  { Tags: { ...tagMap, required: true }, ResourceARN: { ...resourceArn, required: true } },
  (input, context) => {
    const resource = resolveTagged(input.ResourceARN, "TagResource", context);
    resource.setTags(checkNewTags(resource.tags, input.Tags));
    return {};
  },
);
