/**
 * The verbs of the lease table as DynamoDB expressions.
 *
 * Rule R1: the condition of each is the effective owner and the counter that the caller saw. The
 * effective owner is `checkpointOwner` if present, else `leaseOwner`; so the holder's writes pass
 * while a hand-off begins, and the answer tells it of the hand-off.
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
  const write = new Expression(seen);
  write.counted().set("owner", { S: workerId }).remove("checkpointOwner");
  const before = effectiveOwner(seen);
  if (before !== undefined && before !== workerId) write.add("switches", 1);
  if (stream !== undefined) {
    write.setIfAbsent("streamArn", { S: stream.streamArn });
    write.setIfAbsent("streamCreated", numberValue(stream.streamCreationTimestampMs));
  }
  return write.done();
}

export function renewExpression(held: Lease, throughputKBps: number | undefined): LeaseExpression {
  const write = new Expression(held).counted();
  if (throughputKBps !== undefined) write.set("throughput", throughputValue(throughputKBps));
  return write.done();
}

export function checkpointExpression(held: Lease, given: CheckpointWrite): LeaseExpression {
  const { checkpoint, pending } = given;
  const write = new Expression(held)
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
    .requireSameHandOff(seen)
    .set("owner", { S: workerId })
    .set("checkpointOwner", { S: seen.owner })
    .done();
}

export function releaseExpression(held: Lease): LeaseExpression {
  return new Expression(held)
    .requireSameHandOff(held)
    .counted()
    .remove(held.checkpointOwner === undefined ? "owner" : "checkpointOwner")
    .done();
}

export function childrenExpression(held: Lease, childShardIds: readonly string[]): LeaseExpression {
  const write = new Expression(held).counted();
  const children = setValue(childShardIds);
  return (
    children === undefined ? write.remove("children") : write.set("children", children)
  ).done();
}

export function deleteExpression(seen: Lease): LeaseExpression {
  return new Expression(seen).requireCheckpoint(SHARD_END).done();
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
    const counter = `${this.#name("counter")} = ${this.#value("seenCounter", numberValue(seen.counter))}`;
    this.#conditions.push(counter, this.#effectiveOwnerIs(effectiveOwner(seen)));
  }

  #effectiveOwnerIs(owner: string | undefined): string {
    const handOff = this.#name("checkpointOwner");
    const plain = this.#name("owner");
    if (owner === undefined) {
      return `attribute_not_exists(${plain}) AND attribute_not_exists(${handOff})`;
    }
    const seen = this.#value("seenOwner", { S: owner });
    return `(${handOff} = ${seen} OR (attribute_not_exists(${handOff}) AND ${plain} = ${seen}))`;
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
