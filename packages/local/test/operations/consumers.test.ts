import { describe, expect, it } from "vitest";
import { arnOf, Service } from "../service.ts";

type Fields = Record<string, unknown>;

describe("consumers", () => {
  it("are created, described, listed in pages and deleted", () => {
    const service = new Service({ creatingMs: 100, deletingMs: 100 });
    service.create(1);
    service.pass(100);
    const StreamARN = arnOf("s");
    for (const ConsumerName of ["c", "a", "b"])
      service.call("RegisterStreamConsumer", { StreamARN, ConsumerName });
    const describe = (): Fields =>
      (service.call("DescribeStreamConsumer", { StreamARN, ConsumerName: "a" }) as Fields)[
        "ConsumerDescription"
      ] as Fields;
    expect(describe()).toMatchObject({ ConsumerStatus: "CREATING", StreamARN });
    expect(service.error("RegisterStreamConsumer", { StreamARN, ConsumerName: "a" }).code).toBe(
      "ResourceInUseException",
    );
    service.pass(100);
    const ConsumerARN = describe()["ConsumerARN"];
    expect(service.call("DescribeStreamConsumer", { ConsumerARN })).toMatchObject({
      ConsumerDescription: { ConsumerStatus: "ACTIVE", ConsumerName: "a" },
    });
    const names = (page: Fields): unknown[] =>
      (page["Consumers"] as Fields[]).map((one) => one["ConsumerName"]);
    const first = service.call("ListStreamConsumers", { StreamARN, MaxResults: 2 });
    expect(names(first)).toEqual(["a", "b"]);
    expect(
      names(service.call("ListStreamConsumers", { StreamARN, NextToken: first.NextToken })),
    ).toEqual(["c"]);
    expect(service.error("DeleteStream", { StreamName: "s" }).code).toBe("ResourceInUseException");
    service.call("DeregisterStreamConsumer", { ConsumerARN });
    expect(describe()["ConsumerStatus"]).toBe("DELETING");
    service.pass(100);
    expect(service.error("DescribeStreamConsumer", { ConsumerARN }).code).toBe(
      "ResourceNotFoundException",
    );
    service.call("DeleteStream", { StreamName: "s", EnforceConsumerDeletion: true });
  });

  it("get another ARN each time, and at most twenty of them", () => {
    const service = new Service();
    const StreamARN = service.create(1);
    const register = (ConsumerName: string): unknown =>
      (
        service.call("RegisterStreamConsumer", { StreamARN, ConsumerName }) as unknown as {
          Consumer: Fields;
        }
      ).Consumer["ConsumerARN"];
    const first = register("c");
    service.call("DeregisterStreamConsumer", { ConsumerARN: first });
    expect(register("c")).not.toBe(first);
    for (let i = 1; i < 20; i++) register(`c${i}`);
    const more = { StreamARN, ConsumerName: "more" };
    expect(service.error("RegisterStreamConsumer", more).code).toBe("LimitExceededException");
  });
});

describe("ListStreams", () => {
  it("pages by token and by name", () => {
    const service = new Service();
    const names = Array.from({ length: 7 }, (_, i) => `s${i}`);
    for (const name of names) service.create(1, name);
    const seen: unknown[] = [];
    let page: Fields = service.call("ListStreams", { Limit: 3 });
    seen.push(...(page["StreamNames"] as string[]));
    page = service.call("ListStreams", { Limit: 3, NextToken: page["NextToken"] });
    seen.push(...(page["StreamNames"] as string[]));
    expect(page["HasMoreStreams"]).toBe(true);
    page = service.call("ListStreams", { Limit: 3, ExclusiveStartStreamName: seen.at(-1) });
    seen.push(...(page["StreamNames"] as string[]));
    expect(seen).toEqual(names);
    expect(page["HasMoreStreams"]).toBe(false);
    expect(page["StreamSummaries"]).toMatchObject([{ StreamName: "s6", StreamStatus: "ACTIVE" }]);
  });
});
