import * as sdk from "@aws-sdk/client-kinesis";
import { describe, expect, it } from "vitest";
import { operations } from "../../src/operations/index.ts";

const commands = Object.keys(sdk)
  .filter((name) => name.endsWith("Command") && !name.startsWith("$"))
  .map((name) => name.slice(0, -"Command".length));

describe("operations", () => {
  it("are those of the SDK, none missing and none made up", () => {
    expect(commands.length).toBeGreaterThanOrEqual(45);
    expect([...operations.keys()].toSorted()).toEqual(commands.toSorted());
  });

  it.each(commands)("%s answers nonsense with a service error", async (name) => {
    const { Service } = await import("../service.ts");
    const service = new Service();
    for (const input of [
      { StreamName: 5 },
      { StreamARN: "x" },
      { ConsumerARN: [] },
      { ResourceARN: {} },
    ]) {
      try {
        service.call(name, input);
      } catch (error) {
        expect(error).toMatchObject({ name: "ServiceError", statusCode: 400 });
      }
    }
  });
});
