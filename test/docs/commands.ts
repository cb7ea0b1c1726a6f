/** Every command that a page shows after "$": the test runs it, or says here why it does not. */

export type Treatment =
  /** Ends by itself, with exit code 0. */
  | { readonly kind: "run" }
  /** Goes on until it is stopped: prints `ready`, then ends with 0 at SIGTERM. */
  | { readonly kind: "serve"; readonly ready: string }
  | { readonly kind: "not-run"; readonly because: string };

const run: Treatment = { kind: "run" };
const serveLocal: Treatment = { kind: "serve", ready: '{"kinesis":' };
const notRun = (because: string): Treatment => ({ kind: "not-run", because });

export const COMMANDS: Readonly<Record<string, Treatment>> = {
  "npx shardline local --stream orders:4": serveLocal,
  "npx shardline local --stream orders:4 --data-dir ./kinesis-data": serveLocal,
  "npx shardline local --stream orders:4 --admin --fault operation=PutRecords,action=throttle,probability=0.1":
    serveLocal,
  "npx shardline put orders --file access.log --key-pattern '^(\\S+)'": run,
  "npx shardline tail orders --no-follow": run,
  "npx shardline work --stream orders --application demo --handler ./handler.mjs": {
    kind: "serve",
    ready: "handled",
  },
  "npm ci && npm test": notRun("this test is part of it"),
  "npm ci": notRun("it would replace the modules that this test runs on"),
  "npm run check": notRun("this test is part of it"),
  "npm install && npm run demo -- --file access.log": notRun("packages/cli/test/demo runs it"),
  "npm run demo": notRun("packages/cli/test/demo runs it"),
  "npm run simulate -- --seeds 2000": notRun("takes minutes; test/simulation runs some seeds"),
  "npm run simulate -- --from 4711 --seeds 1": run,
  "npm run simulate -- --seed 4711 --trace": run,
  "npm run simulate -- --planted": notRun("takes minutes; test/simulation runs it shortened"),
  "npm run bench -- local": notRun("takes minutes and measures the machine"),
  "npx vitest run packages/consumer": notRun("its tests run anyway"),
};
