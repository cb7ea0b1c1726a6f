/**
 * What the SDK and the network throw → `Failure`: the one place where codes are sorted into reasons.
 * Total: any thrown value gives a failure.
 */

import { type Failure, type FailureReason, failure } from "@shardline/model";
import { redacted } from "./redact.ts";

/** What was being attempted; part of the message and of the judgement whether doubt matters. */
export interface CallSite {
  readonly service: "Kinesis" | "DynamoDB";
  readonly operation: string;
  /** False: the call changes nothing, so its failure is never ambiguous. */
  readonly writes: boolean;
  /** The endpoint's URL as far as known. */
  readonly url?: string | undefined;
}

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const CODES: Readonly<Record<FailureReason, readonly string[]>> = {
  throttled: [
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "KMSThrottlingException",
    "SlowDown",
    "PriorRequestNotComplete",
  ],
  unavailable: [
    "InternalFailure",
    "InternalFailureException",
    "InternalServerError",
    "InternalServerErrorException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ReplicatedWriteConflictException",
  ],
  timeout: ["RequestTimeout", "RequestTimeoutException"],
  aborted: [],
  "not-found": ["ResourceNotFoundException", "TableNotFoundException"],
  "in-use": ["ResourceInUseException", "TableInUseException"],
  denied: [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
  ],
  credentials: [
    "CredentialsProviderError",
    "ExpiredToken",
    "ExpiredTokenException",
    "ProviderError",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "TokenProviderError",
    "TokenRefreshRequired",
  ],
  invalid: [
    "InvalidAction",
    "InvalidArgumentException",
    "InvalidEndpoint",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "ItemCollectionSizeLimitExceededException",
    "MalformedQueryString",
    "MissingAction",
    "MissingParameter",
    "RequestEntityTooLarge",
    "SerializationException",
    "UnknownOperationException",
    "UnsupportedOperationException",
    "ValidationError",
    "ValidationException",
  ],
  "expired-iterator": ["ExpiredIteratorException"],
  "expired-token": ["ExpiredNextTokenException"],
  kms: [
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "KMSOptInRequired",
  ],
  malformed: ["AnswerTooLarge", "SyntaxError", "Z_DATA_ERROR", "Z_BUF_ERROR"],
  unknown: [],
};

const REASON_OF: ReadonlyMap<string, FailureReason> = new Map(
  Object.entries(CODES).flatMap(([reason, codes]) =>
    codes.map((code): [string, FailureReason] => [code, reason as FailureReason]),
  ),
);

/** The service answered and says that it did nothing. */
const REFUSALS: ReadonlySet<FailureReason> = new Set([
  "throttled",
  "not-found",
  "in-use",
  "denied",
  "credentials",
  "invalid",
  "expired-iterator",
  "expired-token",
  "kms",
]);

/** Of those denied: the caller is not known, so no permission would help. */
const NOT_AUTHENTICATED: ReadonlySet<string> = new Set([
  "AuthFailure",
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

/** The request left this machine for certain not. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  // Refused before processing, says the protocol: https://www.rfc-editor.org/rfc/rfc9113#section-8.7
  "NGHTTP2_REFUSED_STREAM",
]);

/** Sorts whatever was thrown. */
export function toFailure(thrown: unknown, site: CallSite): Failure {
  const facts = factsOf(thrown);
  const reason = reasonOf(facts);
  const ambiguous = site.writes && isAmbiguous(reason, facts);
  return failure(reason, facts.code, explain(reason, facts, site), ambiguous);
}

/** Our own deadline passed. `sent` false: the request had certainly not left. */
export function timedOut(site: CallSite, timeoutMs: number, sent = true): Failure {
  const where = site.url === undefined ? "" : ` from ${site.url}`;
  const message = `${site.service} ${site.operation}: no answer${where} within ${timeoutMs} ms`;
  return failure("timeout", "Timeout", message, site.writes && sent);
}

export function abortedByCaller(site: CallSite, sent = true): Failure {
  const message = `${site.service} ${site.operation}: aborted by the caller's signal`;
  return failure("aborted", "Aborted", message, site.writes && sent);
}

/** An answer that makes no sense; what it answers may have been done. */
export function malformed(site: CallSite, detail: string): Failure {
  const where = site.url === undefined ? "" : ` at ${site.url}`;
  const message = `${site.service} ${site.operation}: the answer makes no sense (${detail}): is ${
    where === "" ? "the endpoint" : `what listens${where}`
  } ${site.service} and no proxy or portal?`;
  return failure("malformed", "MalformedResponse", message, site.writes);
}

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  /** `connect`, `getaddrinfo`, `read` … */
  readonly syscall: string | undefined;
  /** Thrown by Node.js or the SDK on this side, not an answer. */
  readonly network: boolean;
}

/**
 * Of the system, of TLS and of parsers; of Node.js' own only those that a network or a peer causes.
 * https://nodejs.org/docs/latest-v20.x/api/errors.html#nodejs-error-codes
 */
const NETWORK_CODE =
  /^(E(?!RR_)[A-Z]|NGHTTP2_|HPE_|CERT_|[A-Z_]+_CERT|Z_|UNABLE_|ERR_(STREAM|SSL|TLS|SOCKET|PROXY)_|ERR_HTTP2_(?!HEADER|INVALID_(?!SESSION|STREAM)))/;

const MAX_CAUSES = 5;
const MAX_MESSAGE_CHARACTERS = 500;

function factsOf(thrown: unknown): Facts {
  let best: Facts | undefined;
  let current: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === "object" && current; depth++) {
    const seen = read(current);
    best ??= seen;
    const deeper: unknown = field(current, "cause") ?? firstOf(field(current, "errors"));
    // A stream is cancelled because its session ended: why that did is in the cause, if anywhere.
    const isEcho = seen.code === "ERR_HTTP2_STREAM_CANCEL" && deeper !== undefined;
    if (!isEcho && (seen.network || REASON_OF.has(seen.code))) return seen;
    current = deeper;
  }
  if (best !== undefined) return best;
  const message = clip(
    typeof thrown === "string" ? thrown : "something that is no error was thrown",
  );
  return { code: "Unknown", message, status: undefined, syscall: undefined, network: false };
}

function read(error: object): Facts {
  const systemCode = text(field(error, "code"));
  const name = text(field(error, "name")) ?? "Unknown";
  const status = field(field(error, "$metadata"), "httpStatusCode");
  const network = systemCode !== undefined && NETWORK_CODE.test(systemCode);
  const own =
    systemCode?.startsWith("ERR_") || ["Error", "TypeError", "AggregateError"].includes(name);
  return {
    code: systemCode !== undefined && (network || own) ? systemCode : stripped(name),
    // The engine's message would quote the body, which may hold records.
    message: name === "SyntaxError" ? "no JSON" : clip(text(field(error, "message")) ?? ""),
    status: typeof status === "number" ? status : undefined,
    syscall: text(field(error, "syscall")),
    network,
  };
}

/** `com.amazonaws.kinesis#Foo:http://…` → `Foo`. */
export function stripped(code: string): string {
  const afterHash = code.slice(code.lastIndexOf("#") + 1);
  const colon = afterHash.indexOf(":");
  return colon < 0 ? afterHash : afterHash.slice(0, colon);
}

function reasonOf(facts: Facts): FailureReason {
  const { code, message, status } = facts;
  if (code === "InvalidSignatureException" && /expired|not yet current/i.test(message)) {
    return "credentials";
  }
  if (/region is missing/i.test(message)) return "invalid";
  const known = REASON_OF.get(code);
  if (known !== undefined) return known;
  if (code.startsWith("HPE_")) return "malformed";
  if (facts.network || facts.syscall !== undefined) return "unavailable";
  // Node.js refused what it was given: the same again will not do.
  if (code.startsWith("ERR_")) return "invalid";
  if (status === undefined) return /socket hang up/i.test(message) ? "unavailable" : "unknown";
  return reasonOfStatus(status);
}

function reasonOfStatus(status: number): FailureReason {
  if (status === 429) return "throttled";
  if (status === 408) return "timeout";
  if (status === 401 || status === 403) return "denied";
  if (status >= 500) return "unavailable";
  if (status >= 400) return "invalid";
  return "malformed";
}

function isAmbiguous(reason: FailureReason, facts: Facts): boolean {
  // What Node.js refused says nothing about what was sent before.
  if (REFUSALS.has(reason) && !facts.code.startsWith("ERR_")) return false;
  return !(
    NEVER_SENT.has(facts.code) ||
    facts.syscall === "connect" ||
    facts.syscall === "getaddrinfo"
  );
}

/** One line: what failed, what was said, what to do. */
function explain(reason: FailureReason, facts: Facts, site: CallSite): string {
  const head = `${site.service} ${site.operation}`;
  const endpoint = site.url ?? "the endpoint";
  const said = facts.message === "" ? facts.code : `${facts.code}: ${facts.message}`;
  if (/region is missing/i.test(facts.message)) {
    return `${head}: no region: set AWS_REGION or the option region`;
  }
  if (reason === "unavailable" && facts.status === undefined) {
    if (isAmbiguous(reason, facts)) {
      return `${head}: lost the connection to ${endpoint} (${said}) before its answer`;
    }
    return `${head}: cannot reach ${endpoint} (${said}): check the endpoint, the network and that the service is up`;
  }
  if (reason === "denied" && NOT_AUTHENTICATED.has(facts.code)) {
    return `${head}: the credentials in use are not accepted (${said}): check the access key, its secret, the session token and the region`;
  }
  if (reason === "denied") {
    const action = `${site.service.toLowerCase()}:${site.operation}`;
    return `${head}: not allowed (${said}): the credentials in use need the action ${action} on this resource`;
  }
  if (reason === "credentials") {
    return `${head}: no valid credentials (${said}): renew them (AWS_PROFILE, AWS_ACCESS_KEY_ID, the role) and check this machine's clock`;
  }
  if (reason === "kms") {
    return `${head}: the stream's encryption key cannot be used (${said}): enable it and allow its use to these credentials`;
  }
  if (reason === "malformed") return malformed(site, said).message;
  return `${head}: ${said}`;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** First line only: a deserialisation error quotes whole bodies. */
function clip(message: string): string {
  const line = redacted(message.slice(0, 10 * MAX_MESSAGE_CHARACTERS)).split("\n", 1)[0] ?? "";
  return line.length <= MAX_MESSAGE_CHARACTERS ? line : `${line.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}
