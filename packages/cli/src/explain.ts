/** Any error → one line that says what is wrong and what to do. */

import { type Failure, ShardlineError } from "@shardline/model";
import { CliError, UsageError } from "./errors.ts";

/** Where a call went, for the advice. */
export interface CallTarget {
  /** The stream or table, as the user named it. */
  readonly name: string;
  readonly kind: "stream" | "table";
  /** Undefined: the service's own. */
  readonly endpoint: string | undefined;
}

/** A failed call as an error whose message is advice. */
export function callFailed(failed: Failure, target: CallTarget): CliError {
  return new CliError(failureAdvice(failed, target));
}

function failureAdvice(failed: Failure, target: CallTarget): string {
  const what = `${target.kind} ${JSON.stringify(target.name)}`;
  const where = target.endpoint === undefined ? "" : ` at ${target.endpoint}`;
  const flag = target.kind === "stream" ? "--endpoint" : "--dynamodb-endpoint";
  switch (failed.reason) {
    case "not-found":
      return `${what} does not exist${where}: create it, or check its name, --region and ${flag}`;
    case "unavailable":
    case "timeout": {
      const service = target.kind === "stream" ? "Kinesis" : "DynamoDB";
      const endpoint = target.endpoint ?? service;
      if (/CERT|_LEAF_SIGNATURE$/.test(failed.code)) {
        return `the certificate of ${endpoint} is not trusted (${failed.code}): give Node.js the one to trust in NODE_EXTRA_CA_CERTS, or use the endpoint's port without TLS`;
      }
      return `cannot reach ${endpoint} (${failed.code}): check that it is running and ${flag}, or start one with "shardline local"`;
    }
    case "throttled":
      return `${what} is throttled (${failed.code}): try again later, or with fewer readers and writers`;
    case "in-use":
      return `${what} is busy (${failed.code}): try again when it is ACTIVE`;
    case "aborted":
      return "stopped";
    // These messages say themselves what to do.
    case "credentials":
    case "denied":
    case "kms":
    case "malformed":
    case "invalid":
    case "expired-iterator":
    case "expired-token":
    case "unknown":
      return `${what}: ${failed.message}`;
  }
}

/** @param command the words to ask for help with, as in "shardline put". */
export function explain(error: unknown, command: string): string {
  const line = oneLine(messageOf(error));
  const hint = error instanceof UsageError ? `; see ${command} --help` : "";
  return `${command}: ${line}${hint}`;
}

function messageOf(error: unknown): string {
  if (error instanceof CliError || ShardlineError.isShardlineError(error)) return error.message;
  if (error instanceof Error) return systemAdvice(error) ?? `${error.name}: ${error.message}`;
  return String(error);
}

/** Node's errors that a user meets: files and ports. */
function systemAdvice(error: Error): string | undefined {
  const { code, path, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  switch (code) {
    case "ENOENT":
      return `${path ?? "the file"} does not exist`;
    case "EISDIR":
      return `${path ?? "it"} is a directory, not a file`;
    case "EACCES":
    case "EPERM":
      return `${path ?? (port === undefined ? "it" : `port ${port}`)}: permission denied`;
    case "EADDRINUSE":
      return `port ${port ?? ""} is already in use: stop what listens there, or choose another port (0 takes a free one)`;
    case undefined:
    default:
      return undefined;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, " ").trim();
}
