import { DatabaseError } from "./dynalite-store.ts";

/**
 * The table that a request names; empty if it names none. Whatever else was sent is refused: `String()`
 * would run into members of its own.
 */
export function tableNameOf(request: Readonly<Record<string, unknown>>): string {
  const name = request["TableName"] ?? "";
  if (typeof name !== "string") throw DatabaseError.serialization("TableName is no string");
  return name;
}
