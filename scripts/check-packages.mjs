/**
 * `npm run package`: packs every publishable package as npm would and checks the tarball: the files
 * that are in it, the imports of those files, publint, and attw. Needs no network. Build first.
 */

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const exec = promisify(execFile);
const ATTW = join(import.meta.dirname, "../node_modules/@arethetypeswrong/cli/dist/index.js");

/** May be packed, beside what a manifest names under `files`; never these, whatever it names. */
const ALWAYS = /^(package\.json|README\.md|LICENSE)$/;
const NEVER = /(^|\/)(test|node_modules|\.[^/]+)\/|\.tsbuildinfo$|\.test\.|(^|\/)\./;

/** An import or re-export with a source, as tsc prints it. */
const IMPORT = /^(?:(?:import|export)\s[^'"]*?\sfrom\s+|import\s+)["']([^'"]+)["'];?$/gm;

async function main() {
  const root = join(import.meta.dirname, "..", "packages");
  const folders = (await readdir(root)).toSorted().map((name) => join(root, name));
  const shared = JSON.parse(await readFile(join(root, "../package.json"), "utf8"));
  const work = await mkdtemp(join(tmpdir(), "shardline-package-"));
  try {
    let failed = 0;
    for (const folder of folders) {
      const started = performance.now();
      const { name, problems } = await check(folder, work, shared);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
      for (const problem of problems) console.log(`     ${problem}`);
      failed += problems.length;
    }
    if (failed > 0) process.exitCode = 1;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function check(folder, work, shared) {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const packed = await pack(folder, work);
  const tarball = join(work, packed.filename);
  const bytes = await readFile(tarball);
  const [linted, typed, imports] = await Promise.all([
    publint({
      strict: true,
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
    }),
    attw(tarball),
    checkImports(folder, manifest, packed.files),
  ]);
  const lint = linted.messages.map((message) => `publint: ${formatMessage(message, manifest)}`);
  const files = await checkFiles(folder, manifest, packed.files);
  const problems = [...checkManifest(manifest, shared), ...files, ...imports];
  return { name: manifest.name, problems: [...problems, ...lint, ...typed] };
}

/** What all packages have, and have alike. */
function checkManifest(manifest, shared) {
  const problems = [];
  for (const field of ["version", "license", "type", "engines"]) {
    if (JSON.stringify(manifest[field]) !== JSON.stringify(shared[field])) {
      problems.push(`${field} is not the workspace's`);
    }
  }
  if (!/^[A-Z].{20,}\.$/.test(manifest.description ?? ""))
    problems.push("description: no sentence");
  if (!manifest.keywords?.includes("kinesis")) problems.push("keywords: kinesis is not among them");
  if (manifest.sideEffects !== false) problems.push("sideEffects is not false");
  if (manifest.publishConfig?.access !== "public")
    problems.push("publishConfig.access: not public");
  const { types, default: main } = manifest.exports?.["."] ?? {};
  if (types !== "./dist/index.d.ts" || main !== "./dist/index.js") {
    problems.push('exports["."] does not lead to dist/index.js and its types');
  }
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith("@shardline/") && range !== manifest.version) {
      problems.push(`${name} is wanted as ${range}, not as ${manifest.version}`);
    }
  }
  return problems;
}

async function pack(folder, work) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", work];
  const { stdout } = await exec("npm", args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout);
  return { filename: packed.filename, files: packed.files.map(({ path }) => path) };
}

async function checkFiles(folder, manifest, files) {
  const needed = ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];
  const bins = Object.values(manifest.bin ?? {});
  const problems = [...needed, ...bins]
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is not in the package`);
  for (const file of files) {
    const named = manifest.files.some((entry) => file === entry || file.startsWith(`${entry}/`));
    if (NEVER.test(file) || !(named || ALWAYS.test(file))) {
      problems.push(`${file} should not be in the package`);
    }
    const source = file.replace(/^dist\/(.+?)(\.d\.ts|\.js)(\.map)?$/, "src/$1.ts");
    if (source !== file && !files.includes(source)) {
      problems.push(`${file} has no source any more: npm run clean && npm run build`);
    }
  }
  for (const bin of bins) {
    const text = await readFile(join(folder, bin), "utf8");
    if (!text.startsWith("#!/usr/bin/env node\n")) problems.push(`${bin} has no #! line`);
  }
  return problems;
}

/** What the built files import is declared, so that it is there for whoever installs the package. */
async function checkImports(folder, manifest, files) {
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  const problems = [];
  for (const file of files.filter((path) => /^dist\/.*\.js$/.test(path))) {
    const text = await readFile(join(folder, file), "utf8");
    for (const [, specifier] of text.matchAll(IMPORT)) {
      if (/^(\.|node:)/.test(specifier)) continue;
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (!declared.has(name)) problems.push(`${file} imports ${name}, which is not a dependency`);
    }
  }
  return problems;
}

async function attw(tarball) {
  try {
    await exec(process.execPath, [ATTW, tarball, "--profile", "esm-only", "--format", "ascii"]);
    return [];
  } catch (error) {
    return `${error.stdout}${error.stderr}`
      .trim()
      .split("\n")
      .map((line) => `attw: ${line}`);
  }
}

await main();
