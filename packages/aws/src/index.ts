// For tools and tests; the machines never make or remove a stream.
export type { StreamAdmin } from "./admin.ts";
export { createStreamAdmin, deleteLeaseTable } from "./admin.ts";
export type { AwsConnection, SplitConnection } from "./connection.ts";
export { splitConnection } from "./connection.ts";
export { createKinesis } from "./kinesis.ts";
export { createLeaseTable } from "./lease-table.ts";
export type {
  AwsCredentials,
  AwsCredentialsProvider,
  AwsOptions,
  KinesisOptions,
  LeaseTableOptions,
} from "./options.ts";
export type { Part, Permission, Policy, PolicyResources } from "./permissions.ts";
export { PERMISSIONS, permissionsMarkdown, policyFor } from "./permissions.ts";
