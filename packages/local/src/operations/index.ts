import type { Operation } from "./operation.ts";

/** By the name of the operation, as in `X-Amz-Target` after the dot. */
export const operations: ReadonlyMap<string, Operation> = new Map();
