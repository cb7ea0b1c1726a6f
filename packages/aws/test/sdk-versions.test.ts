/** The AWS SDK that is installed runs on the oldest Node.js that the packages promise. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Locked {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));
const { engines, dependencies } = read("package.json") as {
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
};
const lock = read("../../package-lock.json") as {
  readonly packages: Readonly<Record<string, Locked>>;
};

const firstMajor = (range: string): number => Number(/^>=\s*(\d+)/.exec(range)?.[1]);

it("every part of it, by the lock file", () => {
  const promised = firstMajor(engines.node);
  const parts = Object.entries(lock.packages).filter(
    ([path, { dev }]) => /node_modules\/@(aws-sdk|smithy)\//.test(path) && dev !== true,
  );
  expect(parts.length).toBeGreaterThan(10);
  const tooNew = parts.filter(([, part]) => firstMajor(part.engines?.node ?? "") > promised);
  expect(tooNew.map(([path]) => path)).toEqual([]);
});

it("and the clients' ranges end before the releases that leave Node.js 20", () => {
  for (const client of ["@aws-sdk/client-kinesis", "@aws-sdk/client-dynamodb"]) {
    expect(dependencies[client]).toMatch(/^>=3\.\d+\.0 <3\.\d+\.0$/);
  }
});
