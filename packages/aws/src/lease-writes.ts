/**
 * The verbs of the lease table as DynamoDB expressions.
 *
 * Rule R1: each is conditional on the counter and on the owner that the caller saw. For those who
 * look from outside (take, hand-off, delete) both owner attributes must be as they were. For the
 * holder (renew, checkpoint, children, release) the effective owner must be: `checkpointOwner` if
 * present, else `leaseOwner`; so its writes pass while a hand-off begins, and the answer tells it.
 */

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  type CheckpointWrite,
  effectiveOwner,
  type Lease,
  SHARD_END,
  type StreamIdentity,
} from "@shardline/model";
import { ATTRIBUTE, numberValue, setValue, throughputValue } from "./lease-item.ts";

/** What an UpdateItem or DeleteItem needs besides table and key. */
export interface LeaseExpression {
  readonly condition: string;
  /** Absent for a delete. */
  readonly update?: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, AttributeValue>;
}

export function takeExpression(
  seen: Lease,
  workerId: string,
  stream: StreamIdentity | undefined,
): LeaseExpression {
  const write = new Expression(seen).requireOwners(seen);
  write.counted().set("owner", { S: workerId }).remove("checkpointOwner");
  const before = effectiveOwner(seen);
  if (before !== undefined && before !== workerId) write.add("switches", 1);
  if (stream !== undefined) {
    write.setIfAbsent("streamArn", { S: stream.streamArn });
    write.setIfAbsent("streamCreated", numberValue(stream.streamCreationTimestampMs));
  }
  return write.done();
}

export function renewExpression(held: Held, throughputKBps: number | undefined): LeaseExpression {
  const write = new Expression(held).requireHolder(held).counted();
  if (throughputKBps !== undefined) write.set("throughput", throughputValue(throughputKBps));
  return write.done();
}

export function checkpointExpression(held: Held, given: CheckpointWrite): LeaseExpression {
  const { checkpoint, pending } = given;
  const write = new Expression(held)
    .requireHolder(held)
    .requireCheckpoint(held.checkpoint)
    .counted()
    .set("checkpoint", { S: checkpoint.sequenceNumber })
    .set("checkpointSub", numberValue(checkpoint.subSequenceNumber))
    .set("switches", numberValue(0));
  if (pending === undefined) {
    return write.remove("pending").remove("pendingSub").remove("pendingState").done();
  }
  write
    .set("pending", { S: pending.checkpoint.sequenceNumber })
    .set("pendingSub", numberValue(pending.checkpoint.subSequenceNumber));
  if (pending.state === undefined) write.remove("pendingState");
  else write.set("pendingState", { B: pending.state });
  return write.done();
}

/** The counter stays, so that the holder's next renewal is not broken (as in the KCL). */
export function handOffExpression(
  seen: Lease & { readonly owner: string },
  workerId: string,
): LeaseExpression {
  return new Expression(seen)
    .requireOwners(seen)
    .set("owner", { S: workerId })
    .set("checkpointOwner", { S: seen.owner })
    .done();
}

/** What is removed depends on whether a hand-off runs, so that must be as it was seen. */
export function releaseExpression(held: Held): LeaseExpression {
  return new Expression(held)
    .requireHolder(held)
    .requireSameHandOff(held)
    .counted()
    .remove(held.checkpointOwner === undefined ? "owner" : "checkpointOwner")
    .done();
}

export function childrenExpression(held: Held, childShardIds: readonly string[]): LeaseExpression {
  const write = new Expression(held).requireHolder(held).counted();
  const children = setValue(childShardIds);
  if (children === undefined) return write.remove("children").done();
  return write.set("children", children).done();
}

export function deleteExpression(seen: Lease): LeaseExpression {
  return new Expression(seen).requireOwners(seen).requireCheckpoint(SHARD_END).done();
}

/** A lease that somebody holds. */
export type Held = Lease & ({ readonly owner: string } | { readonly checkpointOwner: string });

export function isHeld(lease: Lease): lease is Held {
  return effectiveOwner(lease) !== undefined;
}

type Name = keyof typeof ATTRIBUTE;

class Expression {
  readonly #seen: Lease;
  readonly #conditions: string[] = [];
  readonly #sets: string[] = [];
  readonly #adds: string[] = [];
  readonly #removes: string[] = [];
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};

  /** Begins with the condition that all share. */
  constructor(seen: Lease) {
    this.#seen = seen;
    const counter = this.#value("seenCounter", numberValue(seen.counter));
    this.#conditions.push(`${this.#name("counter")} = ${counter}`);
  }

  requireOwners(seen: Lease): this {
    for (const name of ["owner", "checkpointOwner"] as const) {
      const owner = seen[name];
      this.#conditions.push(
        owner === undefined
          ? `attribute_not_exists(${this.#name(name)})`
          : `${this.#name(name)} = ${this.#value(`seen_${name}`, { S: owner })}`,
      );
    }
    return this;
  }

  requireHolder(held: Held): this {
    const handOff = this.#name("checkpointOwner");
    const plain = this.#name("owner");
    const holder = this.#value("holder", { S: effectiveOwner(held) ?? "" });
    this.#conditions.push(
      `(${handOff} = ${holder} OR (attribute_not_exists(${handOff}) AND ${plain} = ${holder}))`,
    );
    return this;
  }

  requireCheckpoint(checkpoint: Lease["checkpoint"]): this {
    const at = this.#value("seenCheckpoint", { S: checkpoint.sequenceNumber });
    const sub = this.#value("seenSub", numberValue(checkpoint.subSequenceNumber));
    const subName = this.#name("checkpointSub");
    this.#conditions.push(`${this.#name("checkpoint")} = ${at}`);
    // Very old rows lack the attribute, which is read as 0.
    const orAbsent = `(${subName} = ${sub} OR attribute_not_exists(${subName}))`;
    this.#conditions.push(checkpoint.subSequenceNumber === 0 ? orAbsent : `${subName} = ${sub}`);
    return this;
  }

  /** For writes whose effect depends on whether a hand-off runs. */
  requireSameHandOff(seen: Lease): this {
    const exists = seen.checkpointOwner === undefined ? "attribute_not_exists" : "attribute_exists";
    this.#conditions.push(`${exists}(${this.#name("checkpointOwner")})`);
    return this;
  }

  counted(): this {
    return this.set("counter", numberValue(this.#seen.counter + 1));
  }

  set(name: Name, value: AttributeValue): this {
    this.#sets.push(`${this.#name(name)} = ${this.#value(name, value)}`);
    return this;
  }

  setIfAbsent(name: Name, value: AttributeValue): this {
    const reference = this.#name(name);
    this.#sets.push(`${reference} = if_not_exists(${reference}, ${this.#value(name, value)})`);
    return this;
  }

  add(name: Name, amount: number): this {
    this.#adds.push(`${this.#name(name)} ${this.#value(name, numberValue(amount))}`);
    return this;
  }

  remove(name: Name): this {
    this.#removes.push(this.#name(name));
    return this;
  }

  done(): LeaseExpression {
    const clauses = [
      clause("SET", this.#sets),
      clause("REMOVE", this.#removes),
      clause("ADD", this.#adds),
    ].filter((text) => text !== "");
    return {
      condition: this.#conditions.join(" AND "),
      ...(clauses.length === 0 ? {} : { update: clauses.join(" ") }),
      names: this.#names,
      values: this.#values,
    };
  }

  #name(name: Name): string {
    this.#names[`#${name}`] = ATTRIBUTE[name];
    return `#${name}`;
  }

  #value(name: string, value: AttributeValue): string {
    this.#values[`:${name}`] = value;
    return `:${name}`;
  }
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? "" : `${verb} ${parts.join(", ")}`;
}
