import { Agent } from "node:https";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKinesis, type KinesisOptions } from "../../src/index.ts";
import { CREDENTIALS } from "../support/scripted-server.ts";

const OPTIONS = { timeoutMs: 10_000 };
const REQUEST = {
  stream: { streamName: "orders" },
  entries: [{ partitionKey: "k", data: new Uint8Array(1000) }],
};

let local: LocalServer;

beforeAll(async () => {
  const streams = [{ name: "orders", shards: 2 }];
  local = await startLocal({ kinesisPort: 0, dynamodbPort: 0, tlsPort: 0, streams });
});
afterAll(() => local.close());

function options(): KinesisOptions {
  return { endpoint: local.kinesisTlsUrl, region: "us-east-1", credentials: CREDENTIALS };
}

it.each(["fast", "sdk"] as const)(
  "puts over TLS by the %s path, with an agent given",
  async (dataPath) => {
    const httpsAgent = new Agent({ keepAlive: true, ca: local.certificate });
    const api = createKinesis({ ...options(), httpsAgent, dataPath });
    for (let i = 0; i < 3; i++) {
      expect(await api.putRecords(REQUEST, OPTIONS)).toMatchObject({ entries: [{ kind: "ok" }] });
    }
    await api.close();
    httpsAgent.destroy();
  },
);

it.each(["http1", "http2"] as const)(
  "a certificate that nobody vouches for: certainly not sent, over %s",
  async (transport) => {
    const api = createKinesis({ ...options(), transport });
    expect(await api.putRecords(REQUEST, OPTIONS)).toMatchObject({
      kind: "failed",
      reason: "unavailable",
      ambiguous: false,
    });
    await api.close();
  },
);
