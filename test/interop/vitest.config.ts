import { defineConfig } from "vitest/config";

// Minutes long and dependent on Java: not part of `npm test`.
const conditions = ["@shardline/source", "node", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["test/interop/**/*.interop.ts"], fileParallelism: false },
});
