import { validateHeaderValue } from "node:http";
import { connect } from "node:net";
import { type FailureReason, isRetryable } from "@shardline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abortedByCaller, type CallSite, malformed, timedOut, toFailure } from "../src/outcome.ts";

const PUT: CallSite = {
  service: "Kinesis",
  operation: "PutRecords",
  writes: true,
  url: "http://127.0.0.1:4567",
};
const READ: CallSite = { ...PUT, operation: "GetRecords", writes: false };

/** As the SDK throws it: the code is the name. */
function answered(name: string, status: number, message = ""): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function system(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall ?? ""} ${code}`), { code, syscall });
}

describe("what the service answers", () => {
  it.each<[string, number, FailureReason, boolean]>([
    ["ProvisionedThroughputExceededException", 400, "throttled", false],
    ["LimitExceededException", 400, "throttled", false],
    ["ThrottlingException", 400, "throttled", false],
    ["RequestLimitExceeded", 400, "throttled", false],
    ["KMSThrottlingException", 400, "throttled", false],
    ["SomethingNew", 429, "throttled", false],
    ["InternalFailure", 500, "unavailable", true],
    ["InternalServerError", 500, "unavailable", true],
    ["ServiceUnavailable", 503, "unavailable", true],
    ["SomethingNew", 502, "unavailable", true],
    ["RequestTimeout", 408, "timeout", true],
    ["ResourceNotFoundException", 400, "not-found", false],
    ["ResourceInUseException", 400, "in-use", false],
    ["AccessDeniedException", 400, "denied", false],
    ["UnrecognizedClientException", 400, "denied", false],
    ["SomethingNew", 403, "denied", false],
    ["ExpiredTokenException", 400, "credentials", false],
    ["RequestTimeTooSkewed", 403, "credentials", false],
    ["ValidationException", 400, "invalid", false],
    ["InvalidArgumentException", 400, "invalid", false],
    ["SerializationException", 400, "invalid", false],
    ["SomethingNew", 413, "invalid", false],
    ["ExpiredIteratorException", 400, "expired-iterator", false],
    ["ExpiredNextTokenException", 400, "expired-token", false],
    ["KMSDisabledException", 400, "kms", false],
    ["KMSAccessDeniedException", 400, "kms", false],
    ["SyntaxError", 200, "malformed", true],
  ])("%s with status %i is %s, ambiguous %s", (name, status, reason, ambiguous) => {
    const failed = toFailure(answered(name, status), PUT);
    expect(failed).toMatchObject({ reason, ambiguous, code: name });
    expect(toFailure(answered(name, status), READ).ambiguous).toBe(false);
  });

  it.each([
    ["AccessDeniedException", "need the action kinesis:PutRecords"],
    ["UnrecognizedClientException", "check the access key, its secret"],
    ["InvalidSignatureException", "check the access key, its secret"],
  ])("%s says what to do about it", (name, advice) => {
    expect(toFailure(answered(name, 403), PUT).message).toContain(advice);
  });

  it("a signature that is too old is the clock's fault, one that is wrong the key's", () => {
    const name = "InvalidSignatureException";
    const old = answered(name, 403, "Signature expired: 20261121T000000Z is now earlier than …");
    expect(toFailure(old, PUT).reason).toBe("credentials");
    const wrong = answered(name, 403, "The request signature we calculated does not match");
    expect(toFailure(wrong, PUT).reason).toBe("denied");
  });
});

describe("what the network does", () => {
  it.each<[string, string | undefined, boolean]>([
    ["ECONNREFUSED", "connect", false],
    ["ENOTFOUND", "getaddrinfo", false],
    ["EAI_AGAIN", "getaddrinfo", false],
    ["EHOSTUNREACH", "connect", false],
    ["ETIMEDOUT", "connect", false],
    ["ETIMEDOUT", "read", true],
    ["ECONNRESET", "read", true],
    ["EPIPE", "write", true],
    ["SELF_SIGNED_CERT_IN_CHAIN", undefined, false],
    ["NGHTTP2_REFUSED_STREAM", undefined, false],
    ["ERR_HTTP2_STREAM_ERROR", undefined, true],
  ])("%s (%s) is unavailable, ambiguous %s", (code, syscall, ambiguous) => {
    expect(toFailure(system(code, syscall), PUT)).toMatchObject({
      reason: "unavailable",
      code,
      ambiguous,
    });
  });

  it.each([
    "ERR_STREAM_PREMATURE_CLOSE",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_TLS_HANDSHAKE_TIMEOUT",
    "ERR_SOCKET_CLOSED",
    "ERR_HTTP2_INVALID_SESSION",
    "ERR_HTTP2_GOAWAY_SESSION",
  ])("%s is unavailable: a network or a peer causes it", (code) => {
    expect(toFailure(system(code), PUT)).toMatchObject({ reason: "unavailable", ambiguous: true });
  });

  it("an answer that is no HTTP is malformed", () => {
    expect(toFailure(system("HPE_INVALID_CONSTANT"), PUT).reason).toBe("malformed");
  });

  it("a cause is looked for in wrappers and in what happy eyeballs gathered", () => {
    const wrapped = new Error("outer", { cause: system("ECONNREFUSED", "connect") });
    expect(toFailure(wrapped, PUT)).toMatchObject({ reason: "unavailable", ambiguous: false });
    const gathered = new AggregateError([system("ECONNREFUSED", "connect")], "");
    expect(toFailure(gathered, PUT)).toMatchObject({ code: "ECONNREFUSED", ambiguous: false });
  });

  it("a stream that its HTTP/2 session took along fails for the session's reason", () => {
    const cancelled = (cause?: Error): Error =>
      Object.assign(system("ERR_HTTP2_STREAM_CANCEL"), cause && { cause });
    const distrusted = toFailure(cancelled(system("DEPTH_ZERO_SELF_SIGNED_CERT")), PUT);
    expect(distrusted).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT", ambiguous: false });
    const broken = toFailure(cancelled(system("ECONNRESET", "read")), PUT);
    expect(broken).toMatchObject({ code: "ECONNRESET", reason: "unavailable", ambiguous: true });
    const unexplained = toFailure(cancelled(), PUT);
    expect(unexplained).toMatchObject({ code: "ERR_HTTP2_STREAM_CANCEL", ambiguous: true });
  });

  it("a port where nobody listens, for real", async () => {
    const error = await new Promise((resolve) => {
      connect({ host: "127.0.0.1", port: 1 }).once("error", resolve);
    });
    expect(toFailure(error, PUT)).toMatchObject({ reason: "unavailable", ambiguous: false });
  });
});

describe("what Node.js refuses", () => {
  const unsent: CallSite = { ...PUT, writes: false };

  it.each<[string, () => void]>([
    ["ERR_INVALID_ARG_TYPE", () => Buffer.from(5 as never)],
    ["ERR_OUT_OF_RANGE", () => Buffer.alloc(4).readInt8(9)],
    ["ERR_INVALID_URL", () => new URL("no URL")],
    ["ERR_INVALID_CHAR", () => validateHeaderValue("a", "\n")],
  ])("%s is a mistake and no failure of the network: never to be tried again", (code, act) => {
    const failed = toFailure(thrownBy(act), unsent);
    expect(failed).toMatchObject({ reason: "invalid", code, ambiguous: false });
    expect(isRetryable(failed)).toBe(false);
    expect(failed.message).not.toMatch(/connection|reach/);
  });

  it.each(["ERR_HTTP2_INVALID_HEADER_VALUE", "ERR_HTTP2_HEADER_SINGLE_VALUE"])(
    "%s, too",
    (code) => {
      expect(toFailure(system(code), unsent).reason).toBe("invalid");
    },
  );

  it("leaves in doubt what was sent before", () => {
    expect(toFailure(system("ERR_INVALID_ARG_TYPE"), PUT).ambiguous).toBe(true);
  });
});

describe("messages say what to do", () => {
  it("name the URL that cannot be reached", () => {
    const { message } = toFailure(system("ECONNREFUSED", "connect"), PUT);
    expect(message).toMatch(/cannot reach http:\/\/127\.0\.0\.1:4567 .*check the endpoint/);
  });

  it("name the action that is not allowed", () => {
    const { message } = toFailure(answered("AccessDeniedException", 400, "no"), PUT);
    expect(message).toContain("kinesis:PutRecords");
  });

  it("tell how to give a region and credentials", () => {
    expect(toFailure(new Error("Region is missing"), PUT)).toMatchObject({ reason: "invalid" });
    expect(toFailure(new Error("Region is missing"), PUT).message).toContain("AWS_REGION");
    const missing = Object.assign(new Error("Could not load credentials from any providers"), {
      name: "CredentialsProviderError",
    });
    expect(toFailure(missing, PUT)).toMatchObject({ reason: "credentials", ambiguous: false });
    expect(toFailure(missing, PUT).message).toContain("AWS_PROFILE");
  });

  it("are one line and bounded, whatever was quoted", () => {
    const { message } = toFailure(answered("ValidationException", 400, "x".repeat(1e6)), PUT);
    expect(message.length).toBeLessThan(1000);
    expect(toFailure(answered("A", 400, "a\nsecret body"), PUT).message).not.toContain("secret");
  });
});

describe("our own", () => {
  it("deadline and abort are ambiguous only for writes that may have been sent", () => {
    expect(timedOut(PUT, 5)).toMatchObject({ reason: "timeout", ambiguous: true });
    expect(timedOut(PUT, 5, false).ambiguous).toBe(false);
    expect(timedOut(READ, 5).ambiguous).toBe(false);
    expect(abortedByCaller(PUT)).toMatchObject({ reason: "aborted", ambiguous: true });
    expect(malformed(PUT, "x")).toMatchObject({ reason: "malformed", ambiguous: true });
  });
});

it("anything thrown gives a failure", () => {
  const hostile = {
    get code(): string {
      throw new Error("no");
    },
  };
  const circular: { cause?: unknown } = {};
  circular.cause = circular;
  for (const thrown of [undefined, null, "text", 5, Symbol("s"), hostile, circular, [], {}]) {
    expect(toFailure(thrown, PUT)).toMatchObject({ kind: "failed", reason: "unknown" });
  }
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      const failed = toFailure(thrown, PUT);
      expect(failed.kind).toBe("failed");
      expect(failed.ambiguous).toBe(true);
    }),
  );
});
