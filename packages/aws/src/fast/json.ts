/** Bodies of answers → objects whose members nobody has looked at yet. */

import { MalformedAnswer } from "../kinesis-words.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function parseObject(body: Buffer | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === "object" && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

export function needObject(body: Buffer | string): JsonObject {
  const json = parseObject(body);
  if (json === undefined) throw new MalformedAnswer("the body is no JSON object");
  return json;
}
