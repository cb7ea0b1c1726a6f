/** What the service's JSON reader says of values of the wrong type. */

import { isBase64, isBytes, Timestamp } from "./operation.ts";
import type { Member, Members, Shape } from "./shape.ts";

const JAVA_NAMES: Readonly<Record<string, string>> = {
  boolean: "java.lang.Boolean",
  string: "java.lang.String",
  number: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
};

const TARGETS: Readonly<Record<string, string>> = {
  string: "an String",
  integer: "an Integer",
  boolean: "an Boolean",
  timestamp: "milliseconds since epoch",
  blob: "a Blob",
};

/** The first problem, or undefined. */
export function serializationProblem(value: unknown, shape: Shape): string | undefined {
  if (value === undefined || value === null) return undefined;
  switch (shape.type) {
    case "string":
      return typeof value === "string" ? undefined : wrongScalar(value, shape);
    case "boolean":
      return typeof value === "boolean" ? undefined : wrongScalar(value, shape);
    case "integer":
      return Number.isInteger(value) ? undefined : wrongScalar(value, shape);
    case "timestamp":
      return typeof value === "number" || value instanceof Timestamp
        ? undefined
        : wrongScalar(value, shape);
    case "blob":
      return wrongBlob(value, shape);
    case "list":
      if (typeof value !== "object") return "Expected list or null";
      if (!Array.isArray(value)) return "Start of structure or map found where not expected.";
      return first(value, (item) => serializationProblem(item, shape.member));
    case "map":
      if (typeof value !== "object") return "Expected map or null";
      if (Array.isArray(value)) return "Start of list found where not expected";
      return first(Object.values(value), (item) => serializationProblem(item, shape.value));
    case "structure":
      if (typeof value !== "object") return "Expected null";
      if (Array.isArray(value)) return "Start of list found where not expected";
      return membersProblem(value as Record<string, unknown>, shape.members);
  }
}

function membersProblem(value: Record<string, unknown>, members: Members): string | undefined {
  return first(Object.entries(members), ([name, member]: [string, Member]) =>
    serializationProblem(value[name], member),
  );
}

function first<T>(
  items: readonly T[],
  problem: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrongScalar(value: unknown, shape: Shape): string {
  if (Array.isArray(value)) return "Start of list found where not expected";
  if (typeof value === "object") return "Start of structure or map found where not expected.";
  if (shape.type === "boolean" && typeof value === "string") {
    return `'${value.toUpperCase()}' can not be converted to an Boolean`;
  }
  return `class ${JAVA_NAMES[typeof value] ?? typeof value} can not be converted to ${TARGETS[shape.type] ?? shape.type}`;
}

function wrongBlob(value: unknown, shape: Shape): string | undefined {
  if (isBytes(value)) return undefined;
  if (typeof value !== "string") return wrongScalar(value, shape);
  if (isBase64(value)) return undefined;
  if (value.length % 4 !== 0) {
    return `The value can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`;
  }
  const character = /[^A-Za-z0-9+/=]|=[^=]/.exec(value)?.[0].charAt(0) ?? "=";
  return `The value can not be converted to a Blob: Invalid Base64 character: '${character}'`;
}
