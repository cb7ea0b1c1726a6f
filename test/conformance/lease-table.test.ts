import { createLeaseTable } from "@shardline/aws";
import { type LocalServer, MemoryLeaseTable, startLocal } from "@shardline/local";
import {
  type Checkpoint,
  type Lease,
  type LeaseTable,
  type LeaseWrite,
  newLease,
  type PendingCheckpoint,
  SHARD_END,
  TRIM_HORIZON,
} from "@shardline/model";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamoDbForTests, startDynalite } from "./dynalite.ts";
import { leaseTableConformance } from "./lease-table.ts";

const OPTIONS = { timeoutMs: 10_000 };
let dynamoDb: DynamoDbForTests;
let local: LocalServer;
let tables = 0;

beforeAll(async () => {
  dynamoDb = await startDynalite();
  local = await startLocal({ kinesisPort: 0, dynamodbPort: 0 });
});
afterAll(() => Promise.all([dynamoDb.close(), local.close()]));

function dynamoDbTable(endpoint: string = dynamoDb.endpoint): LeaseTable {
  return createLeaseTable({
    tableName: `leases-${tables++}`,
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
}

leaseTableConformance("in memory", async () => new MemoryLeaseTable());
leaseTableConformance("over dynalite", async () => dynamoDbTable());
leaseTableConformance("over the local server", async () => dynamoDbTable(local.dynamodbUrl));

/**
 * A command acts on one of two keys for one of two workers, with what the worker saw last: the row
 * as it was some commands ago. So the lists are full of writers who are late.
 */
interface Command {
  readonly verb: keyof typeof VERBS;
  readonly key: "a" | "b";
  readonly worker: "w1" | "w2";
  /** How many versions of the row the writer is behind. */
  readonly behind: number;
  /** Give the seen row the table's counter: only the owner can refuse then. */
  readonly guessCounter: boolean;
  readonly checkpoint: Checkpoint;
  readonly pending: PendingCheckpoint | undefined;
}

type Act = (table: LeaseTable, seen: Lease, command: Command) => Promise<LeaseWrite>;

const VERBS = {
  take: (table, seen, { worker }) =>
    table.take(seen, worker, { streamArn: worker, streamCreationTimestampMs: 1 }, OPTIONS),
  renew: (table, seen) => table.renew(seen, 1.5, OPTIONS),
  checkpoint: (table, seen, { checkpoint }) => table.checkpoint(seen, { checkpoint }, OPTIONS),
  prepare: (table, seen, { pending }) =>
    table.checkpoint(seen, { checkpoint: seen.checkpoint, pending }, OPTIONS),
  requestHandOff: (table, seen, { worker }) => table.requestHandOff(seen, worker, OPTIONS),
  release: (table, seen) => table.release(seen, OPTIONS),
  setChildren: (table, seen, { worker }) => table.setChildren(seen, [worker], OPTIONS),
  delete: (table, seen) => table.delete(seen, OPTIONS),
} satisfies Record<string, Act>;

const checkpoints = fc.constantFrom<Checkpoint>(
  TRIM_HORIZON,
  { sequenceNumber: "9", subSequenceNumber: 0 },
  { sequenceNumber: "9", subSequenceNumber: 2 },
  { sequenceNumber: "10", subSequenceNumber: 0 },
  SHARD_END,
);
const commands = fc.array(
  fc.record<Command>({
    // Takes begin tenures, without which all else is refused.
    verb: fc.oneof(
      { weight: 1, arbitrary: fc.constant<keyof typeof VERBS>("take") },
      {
        weight: 3,
        arbitrary: fc.constantFrom(...(Object.keys(VERBS) as (keyof typeof VERBS)[])),
      },
    ),
    key: fc.constantFrom("a", "b"),
    worker: fc.constantFrom("w1", "w2"),
    behind: fc.constantFrom(0, 0, 0, 1, 2),
    guessCounter: fc.boolean(),
    checkpoint: checkpoints,
    pending: fc.option(
      fc.record({ checkpoint: checkpoints, state: fc.option(fc.uint8Array(), { nil: undefined }) }),
      { nil: undefined },
    ),
  }),
  { minLength: 25, maxLength: 40 },
);

describe("lease tables in memory and over DynamoDB", () => {
  it("give the same answers to the same commands", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const pair = [new MemoryLeaseTable(), dynamoDbTable()] as const;
        try {
          const [memory, dynamo] = await Promise.all(pair.map((table) => run(table, list)));
          expect(dynamo).toEqual(memory);
        } finally {
          await Promise.all(pair.map((table) => table.close()));
        }
      }),
      { numRuns: 30, seed: SEED },
    );
  });
});

/** Fixed, so that the suite is repeatable; change it to look elsewhere. */
const SEED = 20_261_121;

async function run(table: LeaseTable, list: readonly Command[]): Promise<unknown[]> {
  await table.ensure(OPTIONS);
  const answers: unknown[] = [];
  const versions = new Map<string, Lease[]>();
  for (const key of ["a", "b"]) {
    const shard = { parentShardIds: [], hashKeyRange: undefined };
    const made = await table.create(newLease(key, TRIM_HORIZON, shard, undefined), OPTIONS);
    if (made.kind === "ok") versions.set(key, [made.lease]);
  }
  for (const command of list) {
    const known = versions.get(command.key) ?? [];
    const newest = known.at(-1);
    const old = known.at(-1 - command.behind) ?? known[0];
    if (newest === undefined || old === undefined) throw new Error("no version is known");
    const seen = command.guessCounter ? { ...old, counter: newest.counter } : old;
    const act: Act = VERBS[command.verb];
    const answer = await act(table, seen, command);
    answers.push(plain(answer));
    if (answer.kind === "ok" && command.verb !== "delete") known.push(answer.lease);
  }
  const listed = await table.list(OPTIONS);
  if (listed.kind === "failed") throw new Error(listed.message);
  answers.push(listed.leases.map(plain).toSorted(byKey));
  return answers;
}

/** Without the difference between an absent field and an undefined one, or kinds of byte arrays. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

function byKey(a: unknown, b: unknown): number {
  return (a as Lease).leaseKey < (b as Lease).leaseKey ? -1 : 1;
}
