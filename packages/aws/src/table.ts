/** The lease table's own life: make it if it is missing, wait until it is usable. */

import {
  CreateTableCommand,
  DescribeTableCommand,
  type KeySchemaElement,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import {
  type CallOptions,
  type Failure,
  failure,
  isRetryable,
  type Outcome,
} from "@shardline/model";
import type { DynamoDbCall } from "./clients.ts";
import { type RetryPolicy, type RetryPorts, retrying } from "./retrying.ts";

/** Creating takes seconds; the caller's deadline is the bound. */
const POLLING: RetryPolicy = { retries: 100_000, baseMs: 100, capMs: 1500 };

const NOT_YET = "TableNotActive";

/**
 * Describes, creates if missing, waits. Another worker may be doing the same: ResourceInUse is no
 * error, and `created` is true for the one whose CreateTable was accepted.
 */
export async function ensureTable(
  tableName: string,
  ports: RetryPorts,
  call: DynamoDbCall,
  options: CallOptions,
): Promise<Outcome<{ readonly created: boolean }>> {
  let created = false;
  let notYet: Failure | undefined;
  const outcome = await retrying(
    ports,
    POLLING,
    options,
    async (attempt) => {
      const described = await call("DescribeTable", attempt, (client, abortSignal) =>
        client.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal }),
      );
      if (described.kind === "ok") {
        const judged = judge(tableName, described.value.Table);
        if (judged.kind === "failed" && judged.code === NOT_YET) notYet = judged;
        return judged;
      }
      if (described.reason !== "not-found") return described;
      const made = await call("CreateTable", attempt, (client, abortSignal) =>
        client.send(createTable(tableName), { abortSignal }),
      );
      if (made.kind === "failed" && made.reason !== "in-use") return made;
      created ||= made.kind === "ok";
      notYet = failure("in-use", NOT_YET, `DynamoDB table ${tableName} is being created`);
      return notYet;
    },
    isRetryable,
  );
  if (outcome.kind === "ok") return { kind: "ok", created };
  // The last look may have ended at the deadline; what the one before it saw says more.
  if (notYet === undefined || !(outcome.code === NOT_YET || outcome.reason === "timeout")) {
    return outcome;
  }
  const message = `${notYet.message} and was not usable within ${options.timeoutMs} ms`;
  return failure("timeout", NOT_YET, message);
}

function createTable(tableName: string): CreateTableCommand {
  return new CreateTableCommand({
    TableName: tableName,
    AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
}

function judge(tableName: string, table: TableDescription | undefined): { kind: "ok" } | Failure {
  const status = table?.TableStatus ?? "UNKNOWN";
  const wait = failure("in-use", NOT_YET, `DynamoDB table ${tableName} is ${status}`);
  if (status === "CREATING" || status === "DELETING" || status === "UNKNOWN") return wait;
  const schema = table?.KeySchema ?? [];
  const keyType = table?.AttributeDefinitions?.find((a) => a.AttributeName === "leaseKey");
  const [key] = schema;
  const isLeaseTable =
    schema.length === 1 &&
    key?.AttributeName === "leaseKey" &&
    key.KeyType === "HASH" &&
    keyType?.AttributeType === "S";
  if (!isLeaseTable) {
    const message =
      `DynamoDB table ${tableName} is no lease table: its key is ${describeKey(schema)}, ` +
      "expected leaseKey (S, HASH): choose another application or table name";
    return failure("invalid", "TableMismatch", message);
  }
  if (status === "ACTIVE" || status === "UPDATING") return { kind: "ok" };
  const message = `DynamoDB table ${tableName} cannot be used: its status is ${status}`;
  return failure("invalid", "TableUnusable", message);
}

function describeKey(schema: readonly KeySchemaElement[]): string {
  return schema.map((k) => `${k.AttributeName} (${k.KeyType})`).join(", ") || "unknown";
}
