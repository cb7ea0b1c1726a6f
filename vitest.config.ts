import { defineConfig } from "vitest/config";

// Tests and the editor read the sources of every package; npm's users get `dist`.
// No "module" condition: the AWS SDK's builds under it are for bundlers and do not load in Node.js.
const conditions = ["@shardline/source", "node", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    // The AWS SDK says once a process that it will leave Node.js 20: no news in the output of tests.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  },
});
