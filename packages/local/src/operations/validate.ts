/**
 * Checks inputs against their shapes. What is right passes in one quick walk; what is wrong is
 * walked again for the service's words: first for wrong types (SerializationException), then for
 * broken constraints (ValidationException, all of them in one message, at most ten).
 */

import { isBase64, isBytes, payloadLength, ServiceError, Timestamp } from "./operation.ts";
import type { Member, Members, Shape, StringShape } from "./shape.ts";
import { serializationProblem } from "./serialization.ts";

type Check = (value: unknown) => boolean;

/** On no page; kinesalite, which was written after the service's answers, stops at as many. */
const MAX_ERRORS = 10;

/** @returns a function that throws a ServiceError for an input that does not fit. */
export function validator(members: Members): (input: Record<string, unknown>) => void {
  const fits = compileMembers(members);
  return (input) => {
    if (fits(input)) return;
    const problem = serializationProblem(input, { type: "structure", members });
    if (problem !== undefined) throw new ServiceError("SerializationException", problem);
    const broken: string[] = [];
    collectMembers(input, members, "", broken);
    const plural = broken.length > 1 ? "s" : "";
    throw new ServiceError(
      "ValidationException",
      `${broken.length} validation error${plural} detected: ${broken.join("; ")}`,
    );
  };
}

function compileMembers(members: Members): Check {
  const checks = Object.entries(members).map(([name, member]) => ({
    name,
    required: member.required === true,
    fits: compile(member),
  }));
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const input = value as Record<string, unknown>;
    for (const { name, required, fits } of checks) {
      const given = input[name];
      if (given === undefined || given === null) {
        if (required) return false;
        // Null says the same as leaving it out; operations see only the latter.
        if (given === null) delete input[name];
      } else if (!fits(given)) return false;
    }
    return true;
  };
}

function compile(shape: Shape): Check {
  switch (shape.type) {
    case "string": {
      const { pattern, values } = shape;
      const { min = 0, max = Number.POSITIVE_INFINITY } = shape;
      const matches = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
      const known = values === undefined ? undefined : new Set(values);
      return (value) =>
        typeof value === "string" &&
        value.length >= min &&
        (value.length <= max || characters(value) <= max) &&
        (matches === undefined || matches.test(value)) &&
        (known === undefined || known.has(value));
    }
    case "integer": {
      const { min = -(2 ** 31), max = 2 ** 31 - 1 } = shape;
      return (value) =>
        Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    }
    case "boolean":
      return (value) => typeof value === "boolean";
    case "timestamp":
      return (value) => typeof value === "number" || value instanceof Timestamp;
    case "blob":
      return (value) =>
        typeof value === "string"
          ? isBase64(value) && payloadLength(value) <= shape.max
          : isBytes(value) && value.length <= shape.max;
    case "list":
      return compileList(
        compile(shape.member),
        shape.min ?? 0,
        shape.max ?? Number.POSITIVE_INFINITY,
      );
    case "map":
      return compileMap(
        compile(shape.key),
        compile(shape.value),
        shape.min ?? 0,
        shape.max ?? Number.POSITIVE_INFINITY,
      );
    case "structure":
      return compileMembers(shape.members);
  }
}

function compileList(fits: Check, min: number, max: number): Check {
  return (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(fits);
}

function compileMap(keyFits: Check, valueFits: Check, min: number, max: number): Check {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const entries = Object.entries(value);
    if (entries.length < min || entries.length > max) return false;
    return entries.every(([key, item]) => keyFits(key) && valueFits(item));
  };
}

/** Unicode characters: the service counts code points. */
function characters(text: string): number {
  return Array.from(text).length;
}

function collectMembers(
  input: Record<string, unknown>,
  members: Members,
  path: string,
  into: string[],
): void {
  for (const [name, member] of Object.entries(members)) {
    collect(
      input[name] ?? undefined,
      member,
      path + name.charAt(0).toLowerCase() + name.slice(1),
      into,
    );
  }
}

function collect(value: unknown, member: Member, path: string, into: string[]): void {
  const fail = (constraint: string): void => {
    if (into.length >= MAX_ERRORS) return;
    const shown = value === undefined ? "null" : `'${printed(value, member)}'`;
    into.push(`Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`);
  };
  if (value === undefined) {
    if (member.required === true) fail("Member must not be null");
    return;
  }
  switch (member.type) {
    case "string":
      return collectString(value as string, member, fail);
    case "integer":
      return collectBounds(value as number, member, "value", fail);
    case "blob":
      return collectBounds(payloadLength(value as string), member, "length", fail);
    case "list":
      collectBounds((value as unknown[]).length, member, "length", fail);
      collectList(value as unknown[], member, path, fail, into);
      return;
    case "map":
      return collectMap(value as Record<string, string>, member, fail);
    case "structure":
      return collectMembers(value as Record<string, unknown>, member.members, `${path}.`, into);
    case "boolean":
    case "timestamp":
  }
}

type Fail = (constraint: string) => void;

function collectString(value: string, shape: StringShape, fail: Fail): void {
  if (shape.values !== undefined && !shape.values.includes(value)) {
    fail(`Member must satisfy enum value set: [${shape.values.join(", ")}]`);
  }
  if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)) {
    fail(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
  collectBounds(characters(value), shape, "length", fail);
}

function collectBounds(
  value: number,
  bounds: { readonly min?: number; readonly max?: number },
  what: "value" | "length",
  fail: Fail,
): void {
  if (bounds.min !== undefined && value < bounds.min) {
    fail(`Member must have ${what} greater than or equal to ${bounds.min}`);
  }
  if (bounds.max !== undefined && value > bounds.max) {
    fail(`Member must have ${what} less than or equal to ${bounds.max}`);
  }
}

/** Texts that do not fit are told of the whole list, once; structures one by one. */
function collectList(
  items: readonly unknown[],
  shape: Extract<Shape, { type: "list" }>,
  path: string,
  fail: Fail,
  into: string[],
): void {
  const { member } = shape;
  if (member.type === "string") {
    if (!items.every(compile(member)))
      fail(`Member must satisfy constraint: [${constraintsOf(member)}]`);
    return;
  }
  for (const [i, item] of items.entries()) {
    collect(item ?? undefined, { ...member, required: true }, `${path}.${i + 1}.member`, into);
  }
}

function collectMap(
  value: Record<string, string>,
  shape: Extract<Shape, { type: "map" }>,
  fail: Fail,
): void {
  collectBounds(Object.keys(value).length, shape, "length", fail);
  if (!Object.keys(value).every(compile(shape.key))) {
    fail(`Map keys must satisfy constraint: [${constraintsOf(shape.key)}]`);
  }
  if (!Object.values(value).every(compile(shape.value))) {
    fail(`Map value must satisfy constraint: [${constraintsOf(shape.value)}]`);
  }
}

function constraintsOf(shape: StringShape): string {
  const constraints: string[] = [];
  if (shape.max !== undefined)
    constraints.push(`Member must have length less than or equal to ${shape.max}`);
  if (shape.min !== undefined)
    constraints.push(`Member must have length greater than or equal to ${shape.min}`);
  if (shape.values !== undefined)
    constraints.push(`Member must satisfy enum value set: [${shape.values.join(", ")}]`);
  if (shape.pattern !== undefined)
    constraints.push(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  return constraints.join(", ");
}

/** As the service's Java prints it; record data never shows. */
function printed(value: unknown, shape: Shape): string {
  switch (shape.type) {
    case "blob": {
      const length = payloadLength(value as string);
      return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
    }
    case "list": {
      const items = (value as unknown[]).map((item) => printed(item, shape.member));
      return `[${items.join(", ")}]`;
    }
    case "map": {
      const items = Object.entries(value as object).map(([key, item]) => `${key}=${item}`);
      return `{${items.join(", ")}}`;
    }
    case "structure":
      return `com.amazonaws.kinesis.v20131202.${shape.javaName ?? "Structure"}@0`;
    case "string":
    case "integer":
    case "boolean":
    case "timestamp":
      return String(value);
  }
}
