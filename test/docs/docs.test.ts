/** What the pages say is true: their code compiles, their commands run, their links lead somewhere. */

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { commands, demoCommand } from "@shardline/cli";
import { type LocalServer, startLocal } from "@shardline/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "./commands.ts";
import { type Block, blocksOf, pages, ROOT } from "./pages.ts";

const exec = promisify(execFile);
const all = pages();
const blocks = all.flatMap(blocksOf);

describe("links", () => {
  it.each(all.map(({ path, text }) => [path, text]))("of %s lead to files", (path, text) => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = ""]) => target);
    const missing = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(ROOT, dirname(path), target)));
    expect(missing).toEqual([]);
  });
});

describe("TypeScript", () => {
  // Below node_modules, so that the packages are found, and nothing else finds it.
  const folder = join(ROOT, "node_modules/.cache/shardline-docs");
  const snippets = blocks.filter(({ info }) => info === "ts");
  const fileOf = ({ page, line }: Block): string =>
    `${page.replaceAll(/[^a-zA-Z0-9]+/g, "-")}-line-${line}.ts`;

  it("compiles", async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const snippet of snippets) {
      writeFileSync(join(folder, fileOf(snippet)), `${snippet.code}\nexport {};\n`);
    }
    const config = {
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        ...{ composite: false, noEmit: true, rootDir: ".", isolatedDeclarations: false },
        ...{ declaration: false, declarationMap: false, tsBuildInfoFile: null },
        // As npm's users see the packages: by their declarations.
        ...{ customConditions: [], noUnusedLocals: false, noUnusedParameters: false },
      },
      files: snippets.map(fileOf),
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    expect(snippets.length).toBeGreaterThan(4);
    const compiled = await exec("npx", ["tsc", "-p", folder], { cwd: ROOT }).catch(
      (error: { readonly stdout: string }) => error,
    );
    expect(compiled.stdout).toBe("");
  }, 60_000);
});

describe("help", () => {
  it.each([...commands, demoCommand].map((command) => [command.name, command.help()]))(
    "of %s",
    (name, help) => {
      const page = all.find(({ path }) => path === "docs/cli.md")?.text;
      expect(page).toContain(`<!-- help:${name} -->\n\n\`\`\`text\n${help}\`\`\`\n`);
    },
  );
});

describe("commands", () => {
  const shown = [
    ...new Set(
      blocks
        .filter(({ info }) => info === "console")
        .flatMap(({ code }) => code.split("\n"))
        .filter((line) => line.startsWith("$ "))
        .map((line) => line.slice(2)),
    ),
  ];
  const local = (command: string): boolean => command.startsWith("npx shardline local");
  let server: LocalServer;
  let folder: string;

  beforeAll(async () => {
    server = await startLocal({ streams: [{ name: "orders", shards: 4 }] });
    folder = await mkdtemp(join(tmpdir(), "shardline-test-"));
    const lines = Array.from({ length: 100 }, (_, i) => `10.0.0.${i % 7} - - "GET /${i}"\n`);
    await writeFile(join(folder, "access.log"), lines.join(""));
    const handler = 'export default () => console.log("handled");\n';
    await writeFile(join(folder, "handler.mjs"), handler);
  });

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it("are all known, and all that are known are shown", () => {
    expect(Object.keys(COMMANDS).toSorted()).toEqual(shown.toSorted());
  });

  const tested = shown.filter((command) => {
    const kind = COMMANDS[command]?.kind;
    return kind === "run" || kind === "serve";
  });

  it.each(tested)(
    "%s",
    async (command) => {
      const treatment = COMMANDS[command];
      const words = command.replace(
        "npx shardline",
        `exec "${process.execPath}" "${ROOT}packages/cli/bin/shardline.js"`,
      );
      // npm's scripts build first; here all is built, and others build at the same time.
      const script = words.replace(
        "npm run simulate --",
        `exec "${process.execPath}" "${ROOT}test/dist/simulation/main.js"`,
      );
      const child = spawn("sh", ["-c", script], {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          ...(local(command)
            ? { SHARDLINE_KINESIS_PORT: "0", SHARDLINE_DYNAMODB_PORT: "0" }
            : {
                AWS_ENDPOINT_URL_KINESIS: server.kinesisUrl,
                AWS_ENDPOINT_URL_DYNAMODB: server.dynamodbUrl,
              }),
        },
      });
      let output = "";
      let told = false;
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        if (treatment?.kind !== "serve" || told || !output.includes(treatment.ready)) return;
        told = true;
        child.kill("SIGTERM");
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      const code = await new Promise((resolve) => child.on("close", resolve));
      expect({ code, output }).toMatchObject({ code: 0 });
    },
    60_000,
  );
});
