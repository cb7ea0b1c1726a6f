/**
 * The table service that leases live in: dynalite, and what the Kinesis Client Library for Java
 * needs and dynalite lacks: indexes on living tables, continuous backups, tags at creation, deletion
 * protection, the item on a failed condition, transactions.
 */

import { DatabaseError, DynaliteStore } from "./dynalite-store.ts";
import type { Item, Table } from "./dynalite-types.ts";
import { TableGates } from "./table-gate.ts";
import { tableNameOf } from "./table-name.ts";
import { transactionTables, transactWrite } from "./transact-write.ts";
import { updateTable } from "./update-table.ts";

type Input = Record<string, unknown>;
type Output = object;

/** Kept in the stored description and taken out of every answer. */
const BACKUPS = "ShardlineContinuousBackups";

const CONDITIONAL = new Set(["PutItem", "UpdateItem", "DeleteItem"]);

export class LeaseDatabase {
  readonly #store: DynaliteStore;
  readonly #gates: TableGates = new TableGates();

  private constructor(store: DynaliteStore) {
    this.#store = store;
  }

  /**
   * @param path directory of the tables; in memory without it.
   * Rejects if the directory cannot be opened or another process has it.
   */
  static async open(path?: string): Promise<LeaseDatabase> {
    return new LeaseDatabase(await DynaliteStore.open(path));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /**
   * Executes one operation on the input as it came over the wire.
   * @throws DatabaseError for everything that the service answers with an error.
   */
  async execute(operation: string, input: Input): Promise<Output> {
    switch (operation) {
      case "CreateTable":
        return this.#exclusively(input, () => this.#createTable(input));
      case "UpdateTable":
        return this.#exclusively(input, () => this.#updateTable(input));
      case "DeleteTable":
        return this.#exclusively(input, () => this.#deleteTable(input));
      case "DescribeContinuousBackups":
        return backupsDescription(await this.#store.table(tableNameOf(input)));
      case "UpdateContinuousBackups":
        return this.#exclusively(input, () => this.#updateBackups(input));
      case "TransactWriteItems":
        return this.#transact(transactionTables(input), input);
      default:
        return this.#pass(operation, input);
    }
  }

  #pass(operation: string, input: Input): Promise<Output> {
    const name = input["TableName"];
    const run = (): Promise<Output> =>
      CONDITIONAL.has(operation)
        ? this.#conditionalWrite(operation, input)
        : this.#store.execute(operation, input).then(withoutPrivateMembers);
    return typeof name === "string" ? this.#gates.run(name, "shared", run) : run();
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html */
  async #conditionalWrite(operation: string, input: Input): Promise<Output> {
    let seen: Item | undefined;
    const through = this.#store.reading((item) => {
      seen = item;
    });
    try {
      return await this.#store.execute(operation, input, {}, through);
    } catch (error) {
      const isWanted = input["ReturnValuesOnConditionCheckFailure"] === "ALL_OLD";
      if (!isWanted || seen === undefined || !isConditionFailure(error)) throw error;
      throw new DatabaseError(error.statusCode, { ...error.body, Item: seen });
    }
  }

  async #createTable(input: Input): Promise<Output> {
    const protection = input["DeletionProtectionEnabled"];
    const output = await this.#store.execute("CreateTable", input, {
      DeletionProtectionEnabled: protection === true,
    });
    const answer = structuredClone(output);
    const table = await this.#settled(tableNameOf(input));
    const tags = input["Tags"];
    if (table !== undefined && Array.isArray(tags) && tags.length > 0) {
      await this.#store.execute("TagResource", { ResourceArn: table.TableArn, Tags: tags });
    }
    return answer;
  }

  async #updateTable(input: Input): Promise<Output> {
    const output = structuredClone(await updateTable(this.#store, input));
    await this.#settled(tableNameOf(input));
    return withoutPrivateMembers(output);
  }

  async #deleteTable(input: Input): Promise<Output> {
    const table = await this.#store.table(tableNameOf(input));
    if (table["DeletionProtectionEnabled"] === true) {
      throw DatabaseError.validation(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
      );
    }
    for (const { IndexName } of table.GlobalSecondaryIndexes ?? []) {
      await this.#store.clearIndex(table.TableName, IndexName);
    }
    const output = structuredClone(await this.#store.execute("DeleteTable", input));
    await this.#settled(table.TableName);
    return withoutPrivateMembers(output);
  }

  async #updateBackups(input: Input): Promise<Output> {
    const table = await this.#store.table(tableNameOf(input));
    const asked = input["PointInTimeRecoverySpecification"] as Input | undefined;
    if (typeof asked?.["PointInTimeRecoveryEnabled"] !== "boolean") {
      throw DatabaseError.validation(
        "1 validation error detected: Value null at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' failed to satisfy constraint: Member must not be null",
      );
    }
    const updated = { ...table, [BACKUPS]: asked["PointInTimeRecoveryEnabled"] };
    await this.#store.putTable(updated);
    return backupsDescription(updated);
  }

  #transact(tables: readonly string[], input: Input): Promise<Output> {
    const [first, ...rest] = tables;
    if (first === undefined) return transactWrite(this.#store, input);
    return this.#gates.run(first, "exclusive", () => this.#transact(rest, input));
  }

  #exclusively(input: Input, task: () => Promise<Output>): Promise<Output> {
    return this.#gates.run(tableNameOf(input), "exclusive", task);
  }

  /** dynalite ends a table's passing state by a timer, with what it knew when it set it. */
  async #settled(name: string): Promise<Table | undefined> {
    for (;;) {
      const table = await this.#store.table(name).catch(() => undefined);
      if (table === undefined || table.TableStatus === "ACTIVE") return table;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function isConditionFailure(error: unknown): error is DatabaseError {
  return (
    error instanceof DatabaseError &&
    String(error.body["__type"]).endsWith("#ConditionalCheckFailedException")
  );
}

function withoutPrivateMembers(output: Output): Output {
  for (const member of ["Table", "TableDescription"] as const) {
    const table = (output as Record<string, unknown>)[member];
    if (typeof table !== "object" || table === null || !(BACKUPS in table)) continue;
    const { [BACKUPS]: _backups, ...rest } = table;
    return { ...output, [member]: rest };
  }
  return output;
}

function backupsDescription(table: Table): Output {
  const status = table[BACKUPS] === true ? "ENABLED" : "DISABLED";
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
    },
  };
}
