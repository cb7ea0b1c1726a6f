/** PutRecords on the fast path. */

import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { CallOptions, Outcome, PutRecordsAnswer, PutRecordsRequest } from "@shardline/model";
import type { FastClient, FastOperation } from "../fast/fast-client.ts";
import { needObject } from "../fast/json.ts";
import { readPutRecordsOutput } from "./answer.ts";
import { putRecordsBody } from "./body.ts";
import { BodyPool } from "./body-pool.ts";

const PUT_RECORDS: FastOperation = {
  name: "PutRecords",
  writes: true,
  command: PutRecordsCommand,
  // 500 results take about 60 KB.
  maxAnswerBytes: 16 * 1024 * 1024,
};

export class FastPutRecords {
  readonly #client: FastClient;
  readonly #bodies = new BodyPool();

  constructor(client: FastClient) {
    this.#client = client;
  }

  call(request: PutRecordsRequest, options: CallOptions): Promise<Outcome<PutRecordsAnswer>> {
    return this.#client.call(
      {
        operation: PUT_RECORDS,
        stream: request.stream,
        body: () => putRecordsBody(request, (sizeBytes) => this.#bodies.take(sizeBytes)),
        onWritten: (body) => this.#bodies.give(body),
        read: (body) => readPutRecordsOutput(needObject(body), request.entries.length),
      },
      options,
    );
  }
}
