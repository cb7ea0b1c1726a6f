import { invalidArgument } from "../stream-model/errors.ts";
import { policyProblem } from "../stream-model/resource-policy.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { resourceArn, streamId } from "./shapes.ts";
import { resolvePolicied } from "./tagged-resource.ts";

export const putResourcePolicy: Operation = define(
  {
    ResourceARN: { ...resourceArn, required: true },
    Policy: { type: "string", required: true },
    StreamId: streamId,
  },
  (input, context) => {
    const resource = resolvePolicied(input.ResourceARN, "PutResourcePolicy", context);
    const problem = policyProblem(input.Policy);
    if (problem !== undefined) throw invalidArgument(`Invalid resource policy: ${problem}.`);
    resource.target.policy = input.Policy;
    resource.changed();
    return {};
  },
);
