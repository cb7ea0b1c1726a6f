/** A child process that serves Kinesis: `local-server.js ours|kinesalite`. Prints its port and pid. */

import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { startLocal } from "@shardline/local";

const MAX_SHARDS = 5000;

async function serve(which: string | undefined): Promise<number> {
  if (which === "ours") {
    const server = await startLocal({ maxMemoryBytes: 256 * 1024 * 1024 });
    return Number(new URL(server.kinesisUrl).port);
  }
  const kinesalite = createRequire(import.meta.url)("kinesalite") as (options: object) => Server;
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, shardLimit: MAX_SHARDS });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

process.on("SIGTERM", () => process.exit(0));
console.log(JSON.stringify({ port: await serve(process.argv[2]), pid: process.pid }));
