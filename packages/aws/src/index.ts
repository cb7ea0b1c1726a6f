export type { StreamAdmin } from "./admin.ts";
export { createStreamAdmin, deleteLeaseTable } from "./admin.ts";
export { createKinesis } from "./kinesis.ts";
export { createLeaseTable } from "./lease-table.ts";
export type {
  AwsCredentials,
  AwsCredentialsProvider,
  AwsOptions,
  KinesisOptions,
  LeaseTableOptions,
} from "./options.ts";
