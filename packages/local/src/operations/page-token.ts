/** Page tokens of the list operations: sealed, bound to what they page through, good for 300 s. */

import { invalidArgument } from "../stream-model/errors.ts";
import { type OperationContext, ServiceError } from "./operation.ts";

type Fields = readonly (string | number)[];

export function sealToken(kind: string, fields: Fields, context: OperationContext): string {
  const owner = [context.accountId, context.region, Math.floor(context.wallMs)];
  return context.model.tokens.seal(kind, [...owner, ...fields]);
}

/** @throws ServiceError InvalidArgumentException or ExpiredNextTokenException */
export function openToken(kind: string, token: string, context: OperationContext): Fields {
  const opened = context.model.tokens.open(kind, token);
  const [accountId, region, madeAtMs, ...fields] = opened ?? [];
  if (accountId !== context.accountId || region !== context.region)
    throw invalidArgument("Invalid NextToken.");
  const lifetimeMs = context.model.config.tokenLifetimeMs;
  if (context.wallMs - Number(madeAtMs) > lifetimeMs) {
    throw new ServiceError(
      "ExpiredNextTokenException",
      `NextToken expired: it is older than ${lifetimeMs / 1000} seconds.`,
    );
  }
  return fields;
}
