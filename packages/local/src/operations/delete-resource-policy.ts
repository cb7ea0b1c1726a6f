import { resourceNotFound } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn, streamId } from "./shapes.ts";
import { resolvePolicied } from "./tagged-resource.ts";

export const deleteResourcePolicy: Operation = define(
  { ResourceARN: { ...resourceArn, required: true }, StreamId: streamId },
  (input, context) => {
    const resource = resolvePolicied(input.ResourceARN, "DeleteResourcePolicy", context);
    if (resource.target.policy === undefined) {
      throw resourceNotFound(`No resource policy is attached to ${input.ResourceARN}.`);
    }
    resource.target.policy = undefined;
    resource.changed();
    return {};
  },
);
