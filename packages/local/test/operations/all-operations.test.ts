import * as sdk from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "vitest";
import { operations } from "../../src/operations/index.ts";
import { Service } from "../service.ts";

const commands = Object.keys(sdk)
  .filter((name) => name.endsWith("Command") && !name.startsWith("$"))
  .map((name) => name.slice(0, -"Command".length));

describe("operations", () => {
  it("are those of the SDK, none missing and none made up", () => {
    expect(commands.length).toBeGreaterThanOrEqual(45);
    expect([...operations.keys()].toSorted()).toEqual(commands.toSorted());
  });

  it.each(commands)("%s answers nonsense with a service error", (name) => {
    const service = new Service();
    const inputs = [
      { StreamName: 5 },
      { StreamARN: "x" },
      { ConsumerARN: [] },
      { ResourceARN: {} },
    ];
    const errors = inputs.map((input) => attempt(() => service.call(name, input)));
    for (const error of errors.filter((found) => found !== undefined)) {
      expect(error).toMatchObject({ name: "ServiceError", statusCode: 400 });
    }
  });
});

function attempt(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}
