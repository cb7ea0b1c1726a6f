/** `shardline local` with a data directory, killed and started again on the same ports. */

import { Program } from "./program.ts";

const START_TIMEOUT_MS = 30_000;

export class LocalService {
  readonly #dataDir: string;
  readonly #stream: string;
  #program: Program | undefined;
  #ports: readonly [string, string] = ["0", "0"];
  /** For the other programs. */
  env: Readonly<Record<string, string>> = {};

  constructor(dataDir: string, stream: string) {
    this.#dataDir = dataDir;
    this.#stream = stream;
  }

  /** @throws Error if it does not come up. */
  async start(): Promise<void> {
    const [kinesisPort, dynamodbPort] = this.#ports;
    const argv = [
      ...["local", "--kinesis-port", kinesisPort, "--dynamodb-port", dynamodbPort, "--json"],
      ...["--data-dir", this.#dataDir, "--stream", this.#stream],
    ];
    const ready = new Promise<string>((resolve) => {
      this.#program = new Program(argv, {}, resolve);
    });
    const failed = this.#program?.exited.then(() => undefined);
    const late = new Promise<undefined>((resolve) => {
      setTimeout(resolve, START_TIMEOUT_MS, undefined).unref();
    });
    const line = await Promise.race([ready, failed, late]);
    if (line === undefined) throw new Error(`the local service: ${this.#program?.errors}`);
    const { kinesis, dynamodb } = JSON.parse(line) as { kinesis: string; dynamodb: string };
    this.#ports = [new URL(kinesis).port, new URL(dynamodb).port];
    this.env = { AWS_ENDPOINT_URL_KINESIS: kinesis, AWS_ENDPOINT_URL_DYNAMODB: dynamodb };
  }

  signal(signal: NodeJS.Signals): void {
    this.#program?.signal(signal);
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }
}
