import { resourceNotFound } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn, streamId } from "./shapes.ts";
import { resolvePolicied } from "./tagged-resource.ts";

export const getResourcePolicy: Operation = define(
  { ResourceARN: { ...resourceArn, required: true }, StreamId: streamId },
  (input, context) => {
    const { policy } = resolvePolicied(input.ResourceARN, "GetResourcePolicy", context).target;
    if (policy === undefined)
      throw resourceNotFound(`No resource policy is attached to ${input.ResourceARN}.`);
    return { Policy: policy };
  },
);
