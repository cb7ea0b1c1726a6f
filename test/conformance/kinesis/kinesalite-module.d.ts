declare module "kinesalite" {
  import type { Server } from "node:http";

  interface Options {
    readonly createStreamMs?: number;
    readonly deleteStreamMs?: number;
    readonly updateStreamMs?: number;
    readonly shardLimit?: number;
  }

  function kinesalite(options?: Options): Server;
  export default kinesalite;
}
