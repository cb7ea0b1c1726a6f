/** dynalite's DynamoDB without its HTTP server: operations as calls in this process. */

import { createRequire } from "node:module";
import type {
  Action,
  DynaliteDb,
  DynaliteValidations,
  Item,
  Store,
  SubDb,
  Table,
  Validation,
} from "./dynalite-types.ts";

const require = createRequire(import.meta.url);
const db = require("dynalite/db") as DynaliteDb;
const validations = require("dynalite/validations") as DynaliteValidations;

/** What dynalite has; the rest of the service is `lease-database.ts`. */
const OPERATIONS = [
  ...["BatchGetItem", "BatchWriteItem", "CreateTable", "DeleteItem", "DeleteTable"],
  ...["DescribeTable", "DescribeTimeToLive", "GetItem", "ListTables", "ListTagsOfResource"],
  ...["PutItem", "Query", "Scan", "TagResource", "UntagResource", "UpdateItem", "UpdateTable"],
] as const;

/** An error as the service answers it. */
export class DatabaseError extends Error {
  readonly statusCode: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(statusCode: number, body: Readonly<Record<string, unknown>>) {
    super(String(body["message"] ?? body["Message"] ?? body["__type"]));
    this.name = "DatabaseError";
    this.statusCode = statusCode;
    this.body = body;
  }

  static of(type: string, message: string): DatabaseError {
    return new DatabaseError(400, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message });
  }

  static serialization(message: string): DatabaseError {
    const __type = "com.amazon.coral.service#SerializationException";
    return new DatabaseError(400, { __type, Message: message });
  }

  static validation(message: string): DatabaseError {
    return new DatabaseError(400, {
      __type: "com.amazon.coral.validate#ValidationException",
      message,
    });
  }
}

export class DynaliteStore {
  readonly #store: Store;
  readonly #actions: Map<string, { readonly action: Action; readonly validation: Validation }> =
    new Map();

  private constructor(store: Store) {
    this.#store = store;
    for (const name of OPERATIONS) {
      const file = `${name[0]?.toLowerCase()}${name.slice(1)}.js`;
      const action = require(`dynalite/actions/${file}`) as Action;
      const validation = require(`dynalite/validations/${file}`) as Validation;
      this.#actions.set(name, { action, validation });
    }
  }

  /** In memory without a path. Rejects if the directory cannot be opened or is in use. */
  static async open(path: string | undefined): Promise<DynaliteStore> {
    const states = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
    const store = db.create(path === undefined ? states : { ...states, path });
    await store.db.open();
    closeIterators(store.db);
    return new DynaliteStore(store);
  }

  has(operation: string): boolean {
    return this.#actions.has(operation);
  }

  /**
   * Checks and executes an operation.
   * @param more members that dynalite does not know but keeps (of a table's description).
   * @param through a store made by `reading` or `rehearsing`.
   * @throws DatabaseError
   */
  async execute(
    operation: string,
    input: Record<string, unknown>,
    more: object = {},
    through: Store = this.#store,
  ): Promise<Record<string, unknown>> {
    const { action, validation } = this.#actions.get(operation) ?? missing(operation);
    const data = this.#checked(validation, input);
    try {
      const output = await call((done) => action(through, { ...data, ...more }, done));
      return typeof output === "object" && output !== null ? { ...output } : {};
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  /** @throws DatabaseError if there is no such table. */
  async table(name: string): Promise<Table> {
    try {
      return await call((done) => this.#store.getTable(name, false, done));
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  putTable(table: Table): Promise<void> {
    return call((done) => this.#store.tableDb.put(table.TableName, table, done));
  }

  items(table: string): AsyncIterable<Item> {
    return this.#store.getItemDb(table).createValueStream();
  }

  /** Writes the entries that `item` has in the index. */
  async putIndexEntries(table: Table, indexName: string, item: Item): Promise<void> {
    const indexes = (table.GlobalSecondaryIndexes ?? []).filter((i) => i.IndexName === indexName);
    const indexDb = this.#store.getIndexDb("Global", table.TableName, indexName);
    const { puts } = db.getIndexActions(indexes, undefined, item, table);
    for (const put of puts) await call<void>((done) => indexDb.put(put.key, put.item, done));
  }

  clearIndex(table: string, index: string): Promise<void> {
    return call((done) => this.#store.deleteIndexDb("Global", table, index, done));
  }

  /** A view of the store that tells `seen` each item that an operation reads to decide. */
  reading(seen: (item: Item | undefined) => void): Store {
    return this.#view((items) => ({
      get: (key, done) =>
        items.get(key, (error, item) => {
          seen(error === null || error === undefined ? item : undefined);
          done(error, item);
        }),
    }));
  }

  /** A view in which writes succeed and change nothing. */
  rehearsing(seen: (item: Item | undefined) => void): Store {
    const nothing = (done: (error: unknown) => void): void => done(null);
    const inert = {
      put: (_key: string, _value: unknown, done: (error: unknown) => void) => nothing(done),
      del: (_key: string, done: (error: unknown) => void) => nothing(done),
    };
    const reading = this.reading(seen);
    return {
      ...reading,
      getItemDb: (name) => ({ ...reading.getItemDb(name), ...inert }),
      getIndexDb: (kind, table, index) => ({
        ...this.#store.getIndexDb(kind, table, index),
        ...inert,
      }),
    };
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#store.db.close((error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }

  /** dynalite's checks stumble over what is of no known shape at all. */
  #checked(validation: Validation, input: Record<string, unknown>): Record<string, unknown> {
    try {
      const data = validations.checkTypes(
        withoutNulls(input) as Record<string, unknown>,
        validation.types,
      );
      validations.checkValidations(data, validation.types, validation.custom, this.#store);
      return data;
    } catch (error) {
      const known = asDatabaseError(error);
      if (known instanceof DatabaseError) throw known;
      throw DatabaseError.serialization("The input is not of the operation's shape");
    }
  }

  #view(override: (items: SubDb<Item>) => Partial<SubDb<Item>>): Store {
    return {
      ...this.#store,
      getItemDb: (name) => {
        const items = this.#store.getItemDb(name);
        return { ...items, ...override(items) };
      },
    };
  }
}

/**
 * dynalite ends a stream over the database by `return` of its iterator, which generators have and
 * these have not: each scan and query would leave one open, with all that it holds.
 */
function closeIterators(level: Store["db"]): void {
  for (const kind of ["keys", "values"] as const) {
    const open = level[kind].bind(level);
    level[kind] = (options) => {
      const iterator = open(options);
      return Object.assign(iterator, { return: () => iterator.close() });
    };
  }
}

/** A copy in which members that are null are absent, as they are in the protocol. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

function call<Value>(run: (done: (error: unknown, value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    run((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

function asDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseError || typeof error !== "object" || error === null) return error;
  const { statusCode, body } = error as { statusCode?: number; body?: Record<string, unknown> };
  return statusCode === undefined || body === undefined
    ? error
    : new DatabaseError(statusCode, body);
}

function missing(operation: string): never {
  throw new DatabaseError(400, {
    __type: "com.amazon.coral.service#UnknownOperationException",
    message: `${operation} is not among the operations of the local table database`,
  });
}
