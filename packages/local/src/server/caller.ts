/** Who calls: read from the request's signature, which is not verified (there are no secrets here). */

import { ServiceError } from "../operations/operation.ts";
import { accountIdOf } from "../stream-model/account-id.ts";
import type { WireRequest } from "./wire-port.ts";

export interface Caller {
  readonly accountId: string;
  readonly region: string;
}

const DEFAULT_REGION = "us-east-1";
/** keyid/date/region/service/aws4_request; a key id has no slash. */
const CREDENTIAL = /Credential=([^/,\s]+)\/[^/,\s]*\/([^/,\s]*)\/[^/,\s]*\/aws4_request/;
/** Signature version 4a signs for a set of regions and names none in the scope. */
const CREDENTIAL_V4A = /Credential=([^/,\s]+)\/[^/,\s]*\/[^/,\s]*\/aws4_request/;

/** @throws ServiceError as the service answers a request without a usable signature. */
export function callerOf(request: WireRequest): Caller {
  const authorization = request.headers.authorization;
  if (authorization !== undefined) return callerOfHeader(authorization, request);
  const query = request.url?.includes("X-Amz-Credential=") ? (request.url ?? "") : undefined;
  if (query !== undefined) return callerOfHeader(presignedAsHeader(query), request);
  throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
}

function callerOfHeader(authorization: string, request: WireRequest): Caller {
  const scoped = CREDENTIAL.exec(authorization);
  if (scoped !== null) {
    return { accountId: accountIdOf(scoped[1]), region: scoped[2] || DEFAULT_REGION };
  }
  const unscoped = CREDENTIAL_V4A.exec(authorization);
  if (unscoped !== null) {
    const set = request.headers["x-amz-region-set"];
    const region = typeof set === "string" && set !== "*" ? set.split(",")[0]?.trim() : undefined;
    return { accountId: accountIdOf(unscoped[1]), region: region || DEFAULT_REGION };
  }
  throw new ServiceError(
    "IncompleteSignatureException",
    "Authorization header requires 'Credential' parameter of the form keyid/date/region/service/aws4_request.",
    { statusCode: 403 },
  );
}

function presignedAsHeader(url: string): string {
  const query = url.slice(url.indexOf("?") + 1);
  return `Credential=${new URLSearchParams(query).get("X-Amz-Credential") ?? ""}`;
}
