import { describe, expect, it } from "vitest";
import { arnOf, Service } from "../service.ts";

type Fields = Record<string, unknown>;

const bucket = { BucketARN: "arn:aws:s3:::bucket", ExpectedBucketOwner: "000000000000" };
const table = {
  TableBucketARN: "arn:aws:s3tables:us-east-1:000000000000:bucket/t",
  Namespace: "n",
  TableName: "t",
  CompressionType: "ZSTD",
};

function input(more: Fields = {}): Fields {
  return {
    ChannelName: "ch",
    ServiceExecutionRoleARN: "arn:aws:iam::000000000000:role/r",
    StreamConfigurationList: [
      { StreamARN: arnOf("od"), RecordConfiguration: { RecordFormatType: "JSON" } },
    ],
    S3DestinationConfiguration: { StorageConfiguration: { ...bucket, CompressionType: "GZIP" } },
    ...more,
  };
}

function setup(config: ConstructorParameters<typeof Service>[0] = {}): Service {
  const service = new Service(config);
  service.create(1, "provisioned");
  service.call("CreateStream", {
    StreamName: "od",
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  service.pass(1000);
  return service;
}

function described(answer: unknown): Fields {
  return (answer as Fields)["ChannelDescription"] as Fields;
}

describe("channels", () => {
  it("are created, described, updated, listed and deleted", () => {
    const service = setup({ creatingMs: 100, updatingMs: 100, deletingMs: 100 });
    const created = described(service.call("CreateChannel", input({ Tags: { a: "b" } })));
    expect(created).toMatchObject({
      ChannelName: "ch",
      ChannelStatus: "CREATING",
      S3DestinationConfiguration: {
        DataFreshnessInSeconds: 300,
        DeadLetterQueueS3Configuration: bucket,
        StorageConfiguration: { StorageClass: "STANDARD", CompressionType: "GZIP" },
      },
      LoggingConfiguration: {
        CloudWatchLogs: { Enabled: false, LogStreamName: "DestinationDelivery" },
      },
    });
    const { ChannelARN } = created;
    const state = (): unknown =>
      described(service.call("DescribeChannel", { ChannelARN }))["ChannelStatus"];
    const update = { ChannelARN, S3DestinationConfiguration: { DataFreshnessInSeconds: 60 } };
    expect(service.error("UpdateChannel", update).code).toBe("ResourceInUseException");
    service.pass(100);
    expect(state()).toBe("ACTIVE");
    expect(described(service.call("UpdateChannel", update))).toMatchObject({
      ChannelStatus: "UPDATING",
      S3DestinationConfiguration: { DataFreshnessInSeconds: 60 },
    });
    service.pass(100);
    expect(described(service.call("DescribeChannel", { ChannelARN }))).toMatchObject({
      ChannelStatus: "ACTIVE",
      S3DestinationConfiguration: { DataFreshnessInSeconds: 60, StorageConfiguration: bucket },
    });
    expect(service.call("ListTagsForResource", { ResourceARN: ChannelARN })).toEqual({
      Tags: [{ Key: "a", Value: "b" }],
    });
    const summary = service.call("DescribeStreamSummary", { StreamName: "od" });
    expect(summary).toMatchObject({ StreamDescriptionSummary: { ChannelCount: 1 } });
    expect(service.error("DeleteStream", { StreamName: "od" }).code).toBe("ResourceInUseException");
    service.call("DeleteChannel", { ChannelARN });
    expect(state()).toBe("DELETING");
    service.pass(100);
    expect(service.error("DescribeChannel", { ChannelARN }).code).toBe("ResourceNotFoundException");
    service.call("DeleteStream", { StreamName: "od" });
  });

  it("are listed in pages, of one stream or of all", () => {
    const service = setup();
    service.call("CreateStream", {
      StreamName: "od2",
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
    });
    for (const ChannelName of ["b", "a", "c"])
      service.call("CreateChannel", input({ ChannelName }));
    const RecordConfiguration = { RecordFormatType: "STRING" };
    const other = [{ StreamARN: arnOf("od2"), RecordConfiguration }];
    service.call("CreateChannel", input({ ChannelName: "d", StreamConfigurationList: other }));
    const names = (page: Fields): unknown[] =>
      (page["ChannelSummaries"] as Fields[]).map((channel) => channel["ChannelName"]);
    const StreamFilter = [{ StreamARN: arnOf("od") }];
    const first = service.call("ListChannels", { StreamFilter, MaxResults: 2 });
    expect(names(first)).toEqual(["a", "b"]);
    const { NextToken } = first;
    expect(names(service.call("ListChannels", { StreamFilter, NextToken }))).toEqual(["c"]);
    expect(service.error("ListChannels", { NextToken }).code).toBe("InvalidArgumentException");
    expect(names(service.call("ListChannels"))).toEqual(["a", "b", "c", "d"]);
  });

  it("have one destination, a format that suits it and an on-demand stream", () => {
    const service = setup();
    const code = (more: Fields): string => service.error("CreateChannel", input(more)).code;
    const tables = { DeadLetterQueueS3Configuration: bucket, S3TablesConfigurationList: [table] };
    const stream = (StreamARN: string, RecordConfiguration: Fields): Fields => ({
      StreamConfigurationList: [{ StreamARN, RecordConfiguration }],
    });
    const json = { RecordFormatType: "JSON" };
    const toTables = {
      S3DestinationConfiguration: undefined,
      S3TablesDestinationConfiguration: tables,
    };
    expect(code({ S3DestinationConfiguration: undefined })).toBe("InvalidArgumentException");
    expect(code({ S3TablesDestinationConfiguration: tables })).toBe("InvalidArgumentException");
    expect(code(toTables)).toBe("InvalidArgumentException");
    expect(code(stream(arnOf("od"), { RecordFormatType: "GSR_JSON" }))).toBe(
      "InvalidArgumentException",
    );
    expect(code(stream(arnOf("provisioned"), json))).toBe("ValidationException");
    expect(code(stream(arnOf("none"), json))).toBe("ResourceNotFoundException");
    expect(code({ ChannelName: "no spaces" })).toBe("ValidationException");
    const schema = { ...json, GSRSchemaARN: "arn:aws:glue:us-east-1:000000000000:schema/r/s" };
    const made = described(
      service.call("CreateChannel", input({ ...toTables, ...stream(arnOf("od"), schema) })),
    );
    expect(made["S3TablesDestinationConfiguration"]).toMatchObject({ DataFreshnessInSeconds: 300 });
    expect(code({})).toBe("ResourceInUseException");
    const { ChannelARN } = made;
    const update = (more: Fields): string =>
      service.error("UpdateChannel", { ChannelARN, ...more }).code;
    expect(update({})).toBe("InvalidArgumentException");
    expect(update({ S3DestinationConfiguration: { DataFreshnessInSeconds: 5 } })).toBe(
      "InvalidArgumentException",
    );
  });
});
