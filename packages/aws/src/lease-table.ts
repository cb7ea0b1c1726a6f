/** The lease table over DynamoDB. */

import { setMaxListeners } from "node:events";
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  type CallOptions,
  type CheckpointWrite,
  ClosedError,
  effectiveOwner,
  type Failure,
  failure,
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  type Outcome,
  Slots,
  type StreamIdentity,
} from "@shardline/model";
import { bounded } from "./bounded.ts";
import { connectDynamoDb, type Connected, type DynamoDbCall } from "./clients.ts";
import { type Item, leaseItem, readItem } from "./lease-item.ts";
import {
  checkpointExpression,
  childrenExpression,
  deleteExpression,
  handOffExpression,
  type Held,
  isHeld,
  type LeaseExpression,
  releaseExpression,
  renewExpression,
  takeExpression,
} from "./lease-writes.ts";
import { type LeaseTableConfig, leaseTableConfig, type LeaseTableOptions } from "./options.ts";
import type { CallSite } from "./outcome.ts";
import { queued } from "./queued.ts";
import { CONTROL_PLANE, retrying, type RetryPorts } from "./retrying.ts";
import { ensureTable } from "./table.ts";

/**
 * The KCL-compatible lease table.
 * @throws InvalidOptionsError
 */
export function createLeaseTable(options: LeaseTableOptions): LeaseTable {
  return new DynamoDbLeaseTable(leaseTableConfig(options));
}

type Refused = { readonly kind: "refused"; readonly item: Item | undefined };

class DynamoDbLeaseTable implements LeaseTable {
  readonly #config: LeaseTableConfig;
  readonly #connected: Connected<DynamoDBClient>;
  readonly #closing = new AbortController();
  readonly #bounds: RetryPorts;
  readonly #slots: Slots;

  constructor(config: LeaseTableConfig) {
    this.#config = config;
    this.#connected = connectDynamoDb(config);
    // Every call under way listens to it: no leak for Node.js to warn of.
    setMaxListeners(0, this.#closing.signal);
    const { clock, random } = config;
    this.#bounds = { clock, random, closing: this.#closing.signal };
    this.#slots = new Slots(config.maxConnections);
  }

  ensure(options: CallOptions): Promise<Outcome<{ readonly created: boolean }>> {
    return ensureTable(this.#config.tableName, this.#bounds, this.#call, options);
  }

  async list(
    options: CallOptions,
  ): Promise<Outcome<{ readonly leases: readonly Lease[]; readonly unreadable: number }>> {
    const { tableName } = this.#config;
    const deadline = this.#deadline(options);
    // A row may come twice when it moves between pages (F33).
    const leases = new Map<string, Lease>();
    let unreadable = 0;
    let from: Item | undefined;
    do {
      const start = from;
      const page = await retrying(
        this.#bounds,
        CONTROL_PLANE,
        deadline(),
        (attempt) =>
          this.#call("Scan", attempt, (client, abortSignal) =>
            client.send(new ScanCommand({ TableName: tableName, ExclusiveStartKey: start }), {
              abortSignal,
            }),
          ),
        // A throttled table needs its capacity for renewals (F32).
        (failed) => failed.reason === "unavailable" || failed.reason === "timeout",
      );
      if (page.kind === "failed") return page;
      const { Items: items } = page.value;
      if (!Array.isArray(items)) {
        return failure("malformed", "MalformedResponse", "DynamoDB Scan: Items is missing");
      }
      for (const item of items as readonly Item[]) {
        const read = readItem(item);
        if (read.kind === "lease") leases.set(read.lease.leaseKey, read.lease);
        else if (read.kind === "unreadable") unreadable++;
      }
      from = page.value.LastEvaluatedKey;
    } while (from !== undefined);
    return { kind: "ok", leases: [...leases.values()], unreadable };
  }

  async get(
    leaseKey: string,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease | undefined }>> {
    const command = new GetItemCommand({
      TableName: this.#config.tableName,
      Key: { leaseKey: { S: leaseKey } },
      ConsistentRead: true,
    });
    const outcome = await this.#call("GetItem", options, (client, abortSignal) =>
      client.send(command, { abortSignal }),
    );
    if (outcome.kind === "failed") return outcome;
    const item = outcome.value.Item ?? undefined;
    return item === undefined ? { kind: "ok", lease: undefined } : this.#read(item, false);
  }

  async create(
    lease: Lease,
    options: CallOptions,
  ): Promise<Outcome<{ readonly lease: Lease }> | { readonly kind: "exists" }> {
    const command = new PutItemCommand({
      TableName: this.#config.tableName,
      Item: leaseItem(lease),
      ConditionExpression: "attribute_not_exists(leaseKey)",
    });
    const outcome = await this.#conditional("PutItem", options, (client, abortSignal) =>
      client.send(command, { abortSignal }),
    );
    if (outcome.kind === "failed") return outcome;
    return outcome.value.kind === "refused" ? { kind: "exists" } : { kind: "ok", lease };
  }

  take(
    seen: Lease,
    workerId: string,
    stream: StreamIdentity | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    return this.#update(seen, takeExpression(seen, workerId, stream), options);
  }

  renew(
    held: Lease,
    throughputKBps: number | undefined,
    options: CallOptions,
  ): Promise<LeaseWrite> {
    if (!isHeld(held)) return this.#obsolete(held, options);
    return this.#update(held, renewExpression(held, throughputKBps), options);
  }

  checkpoint(held: Lease, write: CheckpointWrite, options: CallOptions): Promise<LeaseWrite> {
    if (!isHeld(held)) return this.#obsolete(held, options);
    return this.#update(held, checkpointExpression(held, write), options);
  }

  requestHandOff(seen: Lease, workerId: string, options: CallOptions): Promise<LeaseWrite> {
    const { owner, checkpointOwner } = seen;
    if (owner === undefined || checkpointOwner !== undefined) return this.#obsolete(seen, options);
    return this.#update(seen, handOffExpression({ ...seen, owner }, workerId), options);
  }

  async release(held: Lease, options: CallOptions): Promise<LeaseWrite> {
    if (!isHeld(held)) return this.#obsolete(held, options);
    const deadline = this.#deadline(options);
    const outcome = await this.#update(held, releaseExpression(held), deadline());
    // Refused only because a hand-off began or ended meanwhile: the same release of the row as it is.
    if (outcome.kind !== "obsolete" || !sameTenure(outcome.current, held)) return outcome;
    return this.#update(held, releaseExpression(outcome.current), deadline());
  }

  setChildren(
    held: Lease,
    childShardIds: readonly string[],
    options: CallOptions,
  ): Promise<LeaseWrite> {
    if (!isHeld(held)) return this.#obsolete(held, options);
    return this.#update(held, childrenExpression(held, childShardIds), options);
  }

  delete(seen: Lease, options: CallOptions): Promise<LeaseWrite> {
    const expression = deleteExpression(seen);
    const command = new DeleteItemCommand({
      ...this.#parameters(seen.leaseKey, expression),
      ReturnValues: "ALL_OLD",
    });
    return this.#write("DeleteItem", seen.leaseKey, options, (client, abortSignal) =>
      client.send(command, { abortSignal }),
    );
  }

  close(): Promise<void> {
    this.#closing.abort(new ClosedError("lease table"));
    this.#connected.client.destroy();
    this.#connected.agents.destroy();
    return Promise.resolve();
  }

  /** What was seen makes the write impossible whatever the row is: no need to send it. */
  async #obsolete(seen: Lease, options: CallOptions): Promise<LeaseWrite> {
    const read = await this.get(seen.leaseKey, options);
    return read.kind === "ok" ? { kind: "obsolete", current: read.lease } : read;
  }

  /** For calls that are made of several: each gets what is left of the time given. */
  #deadline(options: CallOptions): () => CallOptions {
    const { clock } = this.#config;
    const endMs = clock.nowMs() + options.timeoutMs;
    return () => ({ ...options, timeoutMs: Math.max(1, endMs - clock.nowMs()) });
  }

  #update(lease: Lease, expression: LeaseExpression, options: CallOptions): Promise<LeaseWrite> {
    const command = new UpdateItemCommand({
      ...this.#parameters(lease.leaseKey, expression),
      UpdateExpression: expression.update,
      ReturnValues: "ALL_NEW",
    });
    return this.#write("UpdateItem", lease.leaseKey, options, (client, abortSignal) =>
      client.send(command, { abortSignal }),
    );
  }

  #parameters(leaseKey: string, { condition, names, values }: LeaseExpression) {
    return {
      TableName: this.#config.tableName,
      Key: { leaseKey: { S: leaseKey } },
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } as const;
  }

  async #write(
    operation: string,
    leaseKey: string,
    options: CallOptions,
    call: (
      client: DynamoDBClient,
      abortSignal: AbortSignal,
    ) => Promise<{ readonly Attributes?: Item | undefined }>,
  ): Promise<LeaseWrite> {
    const deadline = this.#deadline(options);
    const outcome = await this.#conditional(operation, deadline(), call);
    if (outcome.kind === "failed") return outcome;
    const { value } = outcome;
    if (value.kind === "refused") {
      const current =
        value.item === undefined
          ? await this.get(leaseKey, deadline())
          : this.#read(value.item, false);
      return current.kind === "ok" ? { kind: "obsolete", current: current.lease } : current;
    }
    return this.#read(value.answer.Attributes ?? {}, true);
  }

  /** The condition's refusal is a value here. */
  #conditional<T>(
    operation: string,
    options: CallOptions,
    call: (client: DynamoDBClient, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<
    { readonly kind: "ok"; readonly value: { kind: "applied"; answer: T } | Refused } | Failure
  > {
    return this.#call(operation, options, async (client, abortSignal) => {
      try {
        return { kind: "applied" as const, answer: await call(client, abortSignal) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { kind: "refused" as const, item: error.Item ?? undefined };
      }
    });
  }

  #read(item: Item, written: boolean): { kind: "ok"; lease: Lease } | Failure {
    const read = readItem(item);
    if (read.kind === "lease") return { kind: "ok", lease: read.lease };
    const what = read.kind === "other" ? `a row of kind ${read.entityType}` : read.problem;
    const message = `table ${this.#config.tableName}: this row is no lease: ${what}`;
    return failure("malformed", "UnreadableLease", message, written);
  }

  readonly #call: DynamoDbCall = (operation, options, call) => {
    const { client, last } = this.#connected;
    const site = (): CallSite => ({
      service: "DynamoDB",
      operation,
      writes: WRITES.has(operation),
      url: last.url,
    });
    return queued(this.#slots, this.#bounds, options, site, (left) =>
      bounded(this.#bounds, left, site, (signal) => call(client, signal)),
    );
  };
}

/** The row is still in the tenure that the caller holds. */
function sameTenure(current: Lease | undefined, held: Held): current is Held {
  return (
    current !== undefined &&
    isHeld(current) &&
    current.counter === held.counter &&
    effectiveOwner(current) === effectiveOwner(held)
  );
}

const WRITES: ReadonlySet<string> = new Set(["PutItem", "UpdateItem", "DeleteItem", "CreateTable"]);
