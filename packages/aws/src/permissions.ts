/**
 * Which AWS actions Shardline uses, for what, and the least-privilege policy that follows. The tests
 * compare the table with the calls that are made, and docs/iam.md with what is generated here.
 */

/** Tools make, split and remove streams and remove tables; the machines never do. */
export type Part = "producer" | "consumer" | "tools";

export interface Permission {
  /** `kinesis:PutRecords`. */
  readonly action: string;
  readonly parts: readonly Part[];
  readonly resource: "stream" | "table";
  /** What it is for, and what happens without it. */
  readonly purpose: string;
}

export const PERMISSIONS: readonly Permission[] = [
  {
    action: "kinesis:PutRecords",
    parts: ["producer"],
    resource: "stream",
    purpose: "puts records",
  },
  {
    action: "kinesis:PutRecord",
    parts: ["producer"],
    resource: "stream",
    purpose: "puts records in strict order; needed only with that order",
  },
  {
    action: "kinesis:ListShards",
    parts: ["producer", "consumer"],
    resource: "stream",
    purpose: "finds the shards: a producer aggregates by them, a consumer leases them",
  },
  {
    action: "kinesis:DescribeStreamSummary",
    parts: ["producer", "consumer"],
    resource: "stream",
    purpose: "learns the stream's limits and identity",
  },
  {
    action: "kinesis:GetShardIterator",
    parts: ["consumer"],
    resource: "stream",
    purpose: "begins to read at a position",
  },
  {
    action: "kinesis:GetRecords",
    parts: ["consumer"],
    resource: "stream",
    purpose: "reads",
  },
  {
    action: "dynamodb:DescribeTable",
    parts: ["consumer"],
    resource: "table",
    purpose: "sees whether the lease table exists and is usable",
  },
  {
    action: "dynamodb:CreateTable",
    parts: ["consumer"],
    resource: "table",
    purpose: "makes the lease table; not needed where it exists",
  },
  {
    action: "dynamodb:Scan",
    parts: ["consumer"],
    resource: "table",
    purpose: "lists the leases",
  },
  {
    action: "dynamodb:GetItem",
    parts: ["consumer"],
    resource: "table",
    purpose: "reads a lease consistently when a write is in doubt",
  },
  {
    action: "dynamodb:PutItem",
    parts: ["consumer"],
    resource: "table",
    purpose: "makes the lease of a new shard",
  },
  {
    action: "dynamodb:UpdateItem",
    parts: ["consumer"],
    resource: "table",
    purpose: "takes, renews, checkpoints, hands over and releases leases",
  },
  {
    action: "dynamodb:DeleteItem",
    parts: ["consumer"],
    resource: "table",
    purpose: "removes the leases of finished and trimmed shards",
  },
  {
    action: "kinesis:CreateStream",
    parts: ["tools"],
    resource: "stream",
    purpose: "makes a stream",
  },
  {
    action: "kinesis:SplitShard",
    parts: ["tools"],
    resource: "stream",
    purpose: "splits a shard",
  },
  {
    action: "kinesis:DeleteStream",
    parts: ["tools"],
    resource: "stream",
    purpose: "removes a stream",
  },
  {
    action: "dynamodb:DeleteTable",
    parts: ["tools"],
    resource: "table",
    purpose: "removes a lease table with all checkpoints",
  },
];

export interface PolicyResources {
  /** arn:aws:kinesis:REGION:ACCOUNT:stream/NAME */
  readonly streamArn: string;
  /** arn:aws:dynamodb:REGION:ACCOUNT:table/NAME; consumers only. */
  readonly tableArn?: string | undefined;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: string;
  }[];
}

/** The identity policy with which a part can do its work and nothing else. */
export function policyFor(part: Part, resources: PolicyResources): Policy {
  const actions = (resource: Permission["resource"]): string[] =>
    PERMISSIONS.filter((p) => p.parts.includes(part) && p.resource === resource).map(
      (p) => p.action,
    );
  const statements = [
    { actions: actions("stream"), arn: resources.streamArn },
    { actions: actions("table"), arn: resources.tableArn },
  ];
  return {
    Version: "2012-10-17",
    Statement: statements.flatMap(({ actions: Action, arn: Resource }) =>
      Action.length === 0 || Resource === undefined
        ? []
        : [{ Effect: "Allow", Action, Resource } as const],
    ),
  };
}

/** docs/iam.md. */
export function permissionsMarkdown(): string {
  const streamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
  const tableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/billing";
  const rows = PERMISSIONS.map(
    ({ action, parts, resource, purpose }) =>
      `| \`${action}\` | ${parts.join(", ")} | ${resource} | ${purpose} |`,
  );
  const json = (policy: Policy): string =>
    `\`\`\`json\n${JSON.stringify(policy, undefined, 2)}\n\`\`\``;
  return `# Permissions

The table is generated from \`packages/aws/src/permissions.ts\`; a test compares it with the calls that are made.

| action | used by | on | what for |
|---|---|---|---|
${rows.join("\n")}

## A producer of the stream \`orders\`

${json(policyFor("producer", { streamArn }))}

## A consumer of \`orders\` whose application is called \`billing\`

${json(policyFor("consumer", { streamArn, tableArn }))}

A stream encrypted with a customer-managed key also needs, on that key, \`kms:GenerateDataKey\` for producers and
\`kms:Decrypt\` for consumers (https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html).

A stream in another account is named by its ARN, and its resource policy must allow the same actions
(https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html).
`;
}
