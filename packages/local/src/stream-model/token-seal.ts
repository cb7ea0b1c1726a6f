/** Opaque tokens (iterators, page tokens): sealed, so that neither garbage nor a forgery opens. */

import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Random } from "@shardline/model";

/** First bytes of the service's iterators: their base64 begins with AAAAAAAAAA. */
const HEADER: Buffer = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The same in every process, so that a token outlives a restart as it does at the service.
 * It guards against mistakes, not against an attacker: this is a local server.
 */
const KEY: Buffer = createHash("sha256").update("shardline local tokens").digest();

export class TokenSeal {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param kind keeps tokens of one use from being taken for another. */
  seal(kind: string, fields: readonly (string | number)[]): string {
    const nonce = Buffer.allocUnsafe(NONCE_BYTES);
    for (let at = 0; at < NONCE_BYTES; at += 4)
      nonce.writeUInt32BE(Math.floor(this.#random.next() * 2 ** 32), at);
    const cipher = createCipheriv("aes-256-gcm", KEY, nonce);
    cipher.setAAD(Buffer.from(kind));
    const body = cipher.update(JSON.stringify(fields), "utf8");
    cipher.final();
    return Buffer.concat([HEADER, nonce, cipher.getAuthTag(), body]).toString("base64");
  }

  /** The fields, or undefined if the text is not a token of this kind. */
  open(kind: string, token: string): readonly (string | number)[] | undefined {
    const sealed = Buffer.from(token, "base64");
    const bodyAt = HEADER.length + NONCE_BYTES + TAG_BYTES;
    if (sealed.length <= bodyAt || sealed.toString("base64") !== token) return undefined;
    const nonce = sealed.subarray(HEADER.length, HEADER.length + NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", KEY, nonce);
    decipher.setAAD(Buffer.from(kind));
    decipher.setAuthTag(sealed.subarray(HEADER.length + NONCE_BYTES, bodyAt));
    try {
      const body =
        decipher.update(sealed.subarray(bodyAt), undefined, "utf8") + decipher.final("utf8");
      return JSON.parse(body) as (string | number)[];
    } catch {
      return undefined;
    }
  }
}
