import { Agent } from "node:https";
import { InvalidOptionsError } from "@shardline/model";
import { expect, it } from "vitest";
import { type AwsConnection, splitConnection } from "../src/index.ts";

const split = (aws: AwsConnection) => splitConnection("Worker.aws", aws);

it("what is common goes to both services, what is Kinesis' own to Kinesis alone", () => {
  const httpsAgent = new Agent();
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const common = { region: "eu-west-1", profile: "p", credentials, httpsAgent, maxConnections: 7 };
  const { kinesis, leases } = split({ ...common, transport: "http1", dataPath: "sdk" });
  expect(kinesis).toEqual({ ...common, transport: "http1", dataPath: "sdk" });
  expect(leases).toEqual(common);
});

it.each<[AwsConnection, string | undefined, string | undefined]>([
  [{}, undefined, undefined],
  [{ endpoint: "http://both" }, "http://both", "http://both"],
  [{ endpoint: "http://both", kinesisEndpoint: "http://k" }, "http://k", "http://both"],
  [{ kinesisEndpoint: "http://k", dynamodbEndpoint: "http://d" }, "http://k", "http://d"],
])("the endpoints of %j", (aws, kinesisUrl, dynamodbUrl) => {
  const { kinesis, leases } = split(aws);
  expect([kinesis.endpoint, leases.endpoint]).toEqual([kinesisUrl, dynamodbUrl]);
});

it("what is wrong is named, with where it was given", () => {
  const wrong = { dynamodbEndpoint: "nowhere", regoin: "us-east-1" } as AwsConnection;
  expect(() => split(wrong)).toThrow(InvalidOptionsError);
  expect(() => split(wrong)).toThrow(
    /^Worker\.aws: regoin: .*did you mean region.*dynamodbEndpoint: got "nowhere"/,
  );
});

it("an agent is refused where it would not be used", () => {
  const aws = { transport: "http2", httpsAgent: new Agent() } as const;
  expect(() => split(aws)).toThrow(/httpsAgent: got given with transport "http2"/);
});
