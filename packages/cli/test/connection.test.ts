import { describe, expect, it } from "vitest";
import { checkSamePlace, localRegion, resolveConnection } from "../src/connection.ts";

const none = { endpoint: undefined, region: undefined, http2: false } as const;
const here = { ...none, endpoint: "http://127.0.0.1:4567" } as const;

describe("an endpoint on this machine", () => {
  it.each([
    [{}, "us-east-1"],
    [{ AWS_REGION: "" }, "us-east-1"],
    // Not read by the SDK for JavaScript, but it is what Python and the AWS CLI go by.
    [{ AWS_DEFAULT_REGION: "eu-west-1" }, "eu-west-1"],
    // Left to the SDK.
    [{ AWS_REGION: "eu-north-1", AWS_DEFAULT_REGION: "eu-west-1" }, undefined],
    [{ AWS_PROFILE: "dev" }, undefined],
  ])("with %j has the region %s", (env, region) => {
    expect(resolveConnection(here, env).kinesis.region).toBe(region);
  });

  it("is looked for where `shardline local` made its streams", () => {
    for (const env of [{}, { AWS_DEFAULT_REGION: "eu-west-1" }]) {
      expect(resolveConnection(here, env).kinesis.region).toBe(localRegion(env));
    }
    expect(localRegion({ AWS_REGION: "eu-north-1" })).toBe("eu-north-1");
  });

  it("needs no credentials, but uses those that are given", () => {
    expect(resolveConnection(here, { AWS_ACCESS_KEY_ID: "" }).kinesis.credentials).toBeDefined();
    const given = resolveConnection(here, { AWS_ACCESS_KEY_ID: "111122223333" });
    expect(given.kinesis.credentials).toBeUndefined();
  });

  it("does not go together with leases at AWS", () => {
    const split = resolveConnection(here, {});
    expect(() => checkSamePlace(split)).toThrow("--dynamodb-endpoint");
    const env = { AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:4568" };
    expect(() => checkSamePlace(resolveConnection(here, env))).not.toThrow();
  });
});

describe("an endpoint that is no URL", () => {
  it.each([
    [{ ...none, endpoint: "localhost:4567" }, {}, "--endpoint"],
    [none, { AWS_ENDPOINT_URL_KINESIS: "nowhere" }, "AWS_ENDPOINT_URL_KINESIS"],
    [none, { AWS_ENDPOINT_URL: "nowhere" }, "AWS_ENDPOINT_URL"],
  ])("is refused by the name it was given under", (flags, env, name) => {
    expect(() => resolveConnection(flags, env)).toThrow(`${name}: got `);
  });

  it("does not matter where the SDK would not read it", () => {
    const env = { AWS_ENDPOINT_URL: "nowhere", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
    expect(resolveConnection(none, env).kinesis.endpoint).toBeUndefined();
  });
});
