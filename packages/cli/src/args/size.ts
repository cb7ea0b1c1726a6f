/** Sizes in bytes: 512MiB, 2GiB, 1000000. */

import { UsageError } from "../errors.ts";

const UNIT_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

export function parseSize(flag: string, text: string): number {
  const [, digits, unit = ""] = /^([0-9]{1,15})\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = UNIT_BYTES[unit.toLowerCase()];
  const bytes = Number(digits) * (factor ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new UsageError(`${flag}: got ${JSON.stringify(text)}, expected a size like 512MiB or 2GiB`);
}
