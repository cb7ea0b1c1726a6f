/**
 * UpdateTable where dynalite stops: indexes made and removed on a living table, and settings that it
 * does not know. The table is alone while this runs (see `table-gate.ts`).
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
 */

import { DatabaseError, type DynaliteStore } from "./dynalite-store.ts";
import type { Index, Table } from "./dynalite-types.ts";
import { tableNameOf } from "./table-name.ts";

interface CreateIndex {
  readonly IndexName: string;
  readonly KeySchema: Index["KeySchema"];
  readonly Projection: Index["Projection"];
  readonly ProvisionedThroughput?: { ReadCapacityUnits: number; WriteCapacityUnits: number };
}

interface IndexUpdate {
  readonly Create?: CreateIndex;
  readonly Update?: object;
  readonly Delete?: { readonly IndexName: string };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html */
const MAX_INDEX_CHANGES = 1;
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MAX_INDEXES = 20;
const PROJECTIONS: ReadonlySet<unknown> = new Set(["ALL", "INCLUDE", "KEYS_ONLY"]);

export async function updateTable(
  store: DynaliteStore,
  input: Record<string, unknown>,
): Promise<object> {
  const { DeletionProtectionEnabled, GlobalSecondaryIndexUpdates, ...rest } = input;
  const updates = indexUpdates(GlobalSecondaryIndexUpdates);
  const changes = updates.filter((update) => !isObject(update.Update));
  if (changes.length > MAX_INDEX_CHANGES) {
    throw DatabaseError.of(
      "LimitExceededException",
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    );
  }
  const table = await store.table(tableNameOf(input));
  for (const { Create, Delete } of changes) {
    if (Create !== undefined)
      await createIndex(store, table, Create, input["AttributeDefinitions"]);
    else if (isObject(Delete)) await deleteIndex(store, table, Delete.IndexName);
  }
  if (typeof DeletionProtectionEnabled === "boolean") {
    await store.putTable({ ...(await store.table(table.TableName)), DeletionProtectionEnabled });
  }
  const throughput = updates.filter((update) => isObject(update.Update));
  const forDynalite = {
    ...rest,
    ...(throughput.length > 0 && { GlobalSecondaryIndexUpdates: throughput }),
  };
  const known = ["ProvisionedThroughput", "BillingMode", "GlobalSecondaryIndexUpdates"];
  const isAnswered = changes.length > 0 || DeletionProtectionEnabled !== undefined;
  if (isAnswered && !known.some((name) => name in forDynalite)) {
    return { TableDescription: await store.table(table.TableName) };
  }
  return await store.execute("UpdateTable", forDynalite);
}

async function createIndex(
  store: DynaliteStore,
  table: Table,
  create: CreateIndex,
  definitions: unknown,
): Promise<void> {
  const given = definitionsOf(definitions);
  checkCreate(table, create, given);
  const { IndexName, KeySchema, Projection } = create;
  const names = new Set(given.map((definition) => definition.AttributeName));
  const kept = table.AttributeDefinitions.filter(({ AttributeName }) => !names.has(AttributeName));
  const index: Index = {
    IndexName,
    KeySchema,
    Projection,
    IndexStatus: "ACTIVE",
    IndexArn: `${table.TableArn}/index/${IndexName}`,
    IndexSizeBytes: 0,
    ItemCount: 0,
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ...(create.ProvisionedThroughput ?? { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }),
    },
  };
  const widened: Table = {
    ...table,
    AttributeDefinitions: [...kept, ...given],
    GlobalSecondaryIndexes: [...(table.GlobalSecondaryIndexes ?? []), index],
  };
  // A build that was cut short may have left entries; the table's description makes the index exist.
  await store.clearIndex(table.TableName, IndexName);
  for await (const item of store.items(table.TableName)) {
    await store.putIndexEntries(widened, IndexName, item);
  }
  await store.putTable(widened);
}

async function deleteIndex(store: DynaliteStore, table: Table, name: string): Promise<void> {
  const indexes = table.GlobalSecondaryIndexes ?? [];
  const kept = indexes.filter((index) => index.IndexName !== name);
  if (kept.length === indexes.length) {
    throw DatabaseError.of("ResourceNotFoundException", "Requested resource not found");
  }
  const { GlobalSecondaryIndexes: _all, ...bare } = table;
  await store.putTable(
    kept.length > 0 ? { ...table, GlobalSecondaryIndexes: kept } : (bare as Table),
  );
  await store.clearIndex(table.TableName, name);
}

function checkCreate(
  table: Table,
  create: CreateIndex,
  given: Table["AttributeDefinitions"],
): void {
  const { IndexName, KeySchema, Projection, ProvisionedThroughput } = create;
  const invalid = (message: string): never => {
    throw DatabaseError.validation(`One or more parameter values were invalid: ${message}`);
  };
  if (typeof IndexName !== "string" || !/^[a-zA-Z0-9_.-]{3,255}$/.test(IndexName)) {
    invalid("IndexName must be 3 to 255 of a-z, A-Z, 0-9, '_', '-' and '.'");
  }
  if (!isNamedList(KeySchema) || KeySchema.length < 1 || KeySchema.length > 2) {
    invalid(`KeySchema of index ${IndexName} must have 1 or 2 elements`);
  }
  if (!PROJECTIONS.has(Projection?.ProjectionType)) invalid(`Unknown ProjectionType: null`);
  const [hash, range] = KeySchema;
  if (hash?.KeyType !== "HASH" || (range !== undefined && range.KeyType !== "RANGE")) {
    invalid(`KeySchema of index ${IndexName} must be a HASH key, then a RANGE key if any`);
  }
  const nonKeys: unknown = Projection.NonKeyAttributes ?? [];
  if (!Array.isArray(nonKeys) || nonKeys.some((name) => typeof name !== "string")) {
    invalid("NonKeyAttributes must be a list of names");
  }
  const known = new Map(table.AttributeDefinitions.map((d) => [d.AttributeName, d.AttributeType]));
  for (const { AttributeName, AttributeType } of given) {
    const isOfService = ["S", "N", "B"].includes(AttributeType);
    if (!isOfService || (known.get(AttributeName) ?? AttributeType) !== AttributeType) {
      invalid(`AttributeType ${AttributeType} of ${AttributeName} is not S, N or B as defined`);
    }
  }
  const indexes = table.GlobalSecondaryIndexes ?? [];
  if (indexes.some((index) => index.IndexName === IndexName)) {
    throw DatabaseError.validation("Attempting to create an index which already exists");
  }
  if (indexes.length >= MAX_INDEXES) {
    invalid("number of GlobalSecondaryIndexes exceeds per-table limit of 20");
  }
  const defined = new Set([...given, ...table.AttributeDefinitions].map((d) => d.AttributeName));
  const missing = KeySchema.find(({ AttributeName }) => !defined.has(AttributeName));
  if (missing !== undefined) {
    invalid(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${missing.AttributeName}]`,
    );
  }
  const onDemand = table.BillingModeSummary?.BillingMode === "PAY_PER_REQUEST";
  if (onDemand && ProvisionedThroughput !== undefined) {
    invalid(
      `ProvisionedThroughput should not be specified for index: ${IndexName} when BillingMode is PAY_PER_REQUEST`,
    );
  }
  if (!onDemand && ProvisionedThroughput === undefined) {
    invalid(`ProvisionedThroughput must be specified for index: ${IndexName}`);
  }
}

function definitionsOf(value: unknown): Table["AttributeDefinitions"] {
  if (value === undefined || value === null) return [];
  if (isNamedList(value)) return value as unknown as Table["AttributeDefinitions"];
  throw DatabaseError.validation(
    "One or more parameter values were invalid: AttributeDefinitions must be a list of names and types",
  );
}

/** Key schemas and attribute definitions: lists of structures that name an attribute. */
function isNamedList(value: unknown): value is readonly { readonly AttributeName: string }[] {
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => isObject(one) && typeof one["AttributeName"] === "string")
  );
}

function indexUpdates(value: unknown): IndexUpdate[] {
  if (value === undefined || value === null) return [];
  const isUpdate = (update: unknown): update is IndexUpdate =>
    isObject(update) && ["Create", "Update", "Delete"].some((kind) => isObject(update[kind]));
  if (!Array.isArray(value) || !value.every(isUpdate)) {
    throw DatabaseError.validation(
      "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    );
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
