/**
 * A test of a producer and a consumer without AWS: `node --test examples/dist/local-test.js`.
 *
 * The service listens on a free port of this machine, keeps everything in memory, and is gone at the
 * end of the test. The same code runs on AWS.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "@shardline/consumer";
import { startLocal } from "@shardline/local";
import { Producer } from "@shardline/producer";

void test("each greeting is heard", async () => {
  await using local = await startLocal({ streams: [{ name: "greetings", shards: 2 }] });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KINESIS: local.kinesisUrl,
    AWS_ENDPOINT_URL_DYNAMODB: local.dynamodbUrl,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  });

  const names = ["Ada", "Grace", "Barbara", "Frances"];
  const producer = new Producer({ streamName: "greetings" });
  const puts = names.map((name) => producer.put({ partitionKey: name, data: `hello ${name}` }));
  await Promise.all(puts);
  await producer.close();

  const heard: string[] = [];
  const worker = new Worker({
    streamName: "greetings",
    applicationName: "listener",
    processRecords({ records }) {
      for (const { data } of records) heard.push(new TextDecoder().decode(data));
      if (heard.length === names.length) void worker.stop();
    },
  });
  await worker.run();
  assert.deepEqual(heard.toSorted(), names.map((name) => `hello ${name}`).toSorted());
});
