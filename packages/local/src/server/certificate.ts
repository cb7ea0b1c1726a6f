import type { Certificate } from "./wire-port.ts";

const VALID_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A certificate of this process alone, for `localhost` and the loopback addresses. Its maker is
 * loaded only when TLS is asked for.
 */
export async function generateCertificate(host: string, wallMs: number): Promise<Certificate> {
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(wallMs - DAY_MS),
    notAfterDate: new Date(wallMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: altNames(host) },
    ],
  });
  return { key: made.private, cert: made.cert };
}

function altNames(host: string): { type: 2 | 7; value?: string; ip?: string }[] {
  const ips = new Set(["127.0.0.1", "::1"]);
  const names = new Set(["localhost"]);
  if (/^[\d.]+$|:/.test(host)) ips.add(host);
  else names.add(host);
  return [
    ...[...names].map((value) => ({ type: 2 as const, value })),
    ...[...ips].map((ip) => ({ type: 7 as const, ip })),
  ];
}
