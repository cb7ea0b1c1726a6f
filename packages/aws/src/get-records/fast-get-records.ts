/** GetRecords on the fast path. */

import { GetRecordsCommand } from "@aws-sdk/client-kinesis";
import type { CallOptions, GetRecordsAnswer, Outcome } from "@shardline/model";
import type { FastClient, FastOperation } from "../fast/fast-client.ts";
import { needObject } from "../fast/json.ts";
import { readGetRecordsOutput, readRest, WIRE_NOTATION } from "./answer.ts";
import { getRecordsParameters, type GetRecordsRequest } from "./parameters.ts";
import { scanGetRecords } from "./scan.ts";

const GET_RECORDS: FastOperation = {
  name: "GetRecords",
  writes: false,
  command: GetRecordsCommand,
  // 10 MiB at most, of which base64 makes 14; a key that is all escapes takes six bytes a character.
  // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
  maxAnswerBytes: 64 * 1024 * 1024,
};

export function fastGetRecords(
  client: FastClient,
  request: GetRecordsRequest,
  options: CallOptions,
): Promise<Outcome<GetRecordsAnswer>> {
  return client.call(
    {
      operation: GET_RECORDS,
      stream: request.stream,
      body: () => Buffer.from(JSON.stringify(getRecordsParameters(request))),
      read: readBody,
    },
    options,
  );
}

export function readBody(body: Buffer): GetRecordsAnswer {
  const scanned = scanGetRecords(body);
  return scanned === undefined
    ? readGetRecordsOutput(needObject(body), WIRE_NOTATION)
    : readRest(needObject(scanned.rest), scanned.records);
}
