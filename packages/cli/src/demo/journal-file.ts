/** Follows a journal that another process appends to. */

import { type FileHandle, open } from "node:fs/promises";
import { type Delivery, parseJournalLine } from "./journal.ts";

const CHUNK_BYTES = 256 * 1024;

export class JournalFile {
  readonly #path: string;
  readonly #chunk: Buffer = Buffer.alloc(CHUNK_BYTES);
  #file: FileHandle | undefined;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** What was appended since the last call, in whole lines. */
  async read(): Promise<Delivery[]> {
    this.#file ??= await openIfThere(this.#path);
    const deliveries: Delivery[] = [];
    while (this.#file !== undefined) {
      const { bytesRead } = await this.#file.read(this.#chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      const lines = (this.#rest + this.#chunk.toString("latin1", 0, bytesRead)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        const delivery = parseJournalLine(line);
        if (delivery === undefined) throw new Error(`${this.#path}: not a journal line: ${line}`);
        deliveries.push(delivery);
      }
    }
    return deliveries;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
