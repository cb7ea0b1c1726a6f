/** Bytes → lines, without decoding them: a record is exactly what the file holds. */

import { CliError } from "./errors.ts";

const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of each chunk, without "\n" or "\r\n". An empty line is a line; a last line without an
 * end is one too. Lines share memory with their chunk.
 * @throws CliError for a line above `maxLineBytes`, before more of it is held.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<readonly Buffer[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let lineNumber = 1;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
      const piece = bytes.subarray(start, end);
      const line = withoutReturn(rest.length === 0 ? piece : Buffer.concat([...rest, piece]));
      checkLength(line.length, maxLineBytes, lineNumber);
      lines.push(line);
      lineNumber++;
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < bytes.length) {
      rest.push(bytes.subarray(start));
      restBytes += bytes.length - start;
      // One byte more than a line may have: it may be a "\r".
      checkLength(restBytes - 1, maxLineBytes, lineNumber);
    }
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) {
    const last = withoutReturn(Buffer.concat(rest));
    checkLength(last.length, maxLineBytes, lineNumber);
    yield [last];
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function checkLength(bytes: number, maxBytes: number, lineNumber: number): void {
  if (bytes <= maxBytes) return;
  throw new CliError(
    `line ${lineNumber}: longer than ${maxBytes} bytes, the most that a record can hold: split it up`,
  );
}
