import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn } from "./shapes.ts";
import { resolveTagged } from "./tagged-resource.ts";
import { tagList } from "./tags.ts";

export const listTagsForResource: Operation = define(
  { ResourceARN: { ...resourceArn, required: true } },
  (input, context) => ({
    Tags: tagList(resolveTagged(input.ResourceARN, "ListTagsForResource", context).tags),
  }),
);
