/**
 * What the lease database calls of dynalite, in process. These modules are not dynalite's public face
 * (that is a whole HTTP server), so its version is pinned exactly and the tests call each of them.
 */

export type Item = Record<string, unknown>;

export interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

export interface Index {
  IndexName: string;
  KeySchema: readonly KeySchemaElement[];
  Projection: { ProjectionType?: string; NonKeyAttributes?: readonly string[] };
  [member: string]: unknown;
}

export interface Table {
  TableName: string;
  TableArn: string;
  TableStatus: string;
  KeySchema: readonly KeySchemaElement[];
  AttributeDefinitions: readonly { AttributeName: string; AttributeType: string }[];
  BillingModeSummary?: { BillingMode: string };
  GlobalSecondaryIndexes?: Index[];
  [member: string]: unknown;
}

type Done<Value> = (error: unknown, value: Value) => void;

export interface SubDb<Value> {
  put(key: string, value: Value, done: Done<void>): void;
  get(key: string, done: Done<Value>): void;
  del(key: string, done: Done<void>): void;
  createValueStream(options?: object): AsyncIterable<Value>;
}

/** Of abstract-level. Holds a snapshot of the whole database until closed. */
export interface LevelIterator {
  close(): Promise<void>;
}

export interface Store {
  readonly db: {
    open(): Promise<void>;
    close(done: (error: unknown) => void): void;
    keys(options?: object): LevelIterator;
    values(options?: object): LevelIterator;
  };
  readonly tableDb: SubDb<Table>;
  getTable(name: string, checkStatus: boolean, done: Done<Table>): void;
  getItemDb(table: string): SubDb<Item>;
  getIndexDb(kind: "Global" | "Local", table: string, index: string): SubDb<Item>;
  deleteIndexDb(kind: "Global" | "Local", table: string, index: string, done: Done<void>): void;
}

/** dynalite/db */
export interface DynaliteDb {
  create(options: {
    path?: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Store;
  getIndexActions(
    indexes: readonly Index[],
    before: Item | undefined,
    after: Item | undefined,
    table: Table,
  ): { readonly puts: readonly { index: string; key: string; item: Item }[] };
}

/** dynalite/validations */
export interface DynaliteValidations {
  checkTypes(data: Record<string, unknown>, types: object): Record<string, unknown>;
  checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}

/** dynalite/actions/* */
export type Action = (
  store: Store,
  data: object,
  done: (error: unknown, output: unknown) => void,
) => void;

/** dynalite/validations/* */
export interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}
