/**
 * A client that is not the bottleneck: requests are whole buffers, made once; of an answer only its
 * status and length are read.
 */

import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = /content-length: *(\d+)/i;

/** The bytes of a request, ready to be written again and again. */
export function buildRequest(operation: string, input: object): Buffer {
  const body = Buffer.from(JSON.stringify(input));
  const head = [
    "POST / HTTP/1.1",
    "host: 127.0.0.1",
    "content-type: application/x-amz-json-1.1",
    `x-amz-target: Kinesis_20131202.${operation}`,
    "x-amz-date: 20260101T000000Z",
    "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00",
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

/** A keep-alive connection with one request at a time. */
export class RawConnection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #missing = -1;
  #settle: ((body: Buffer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail?.(error));
    socket.on("close", () => this.#fail?.(new Error("the server closed the connection")));
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new RawConnection(socket)));
      socket.once("error", reject);
    });
  }

  /** Rejects on any status but 200. */
  exchange(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#missing < 0) {
      const bytes = Buffer.concat(this.#chunks);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) return;
      const head = bytes.toString("latin1", 0, end);
      const body = bytes.subarray(end + HEAD_END.length);
      if (!head.startsWith("HTTP/1.1 200")) {
        this.#fail?.(new Error(`${head.split("\r\n", 1)[0]} ${body.toString("utf8", 0, 300)}`));
        return;
      }
      this.#chunks = [body];
      this.#missing = Number(LENGTH.exec(head)?.[1] ?? 0) - body.length;
    } else {
      this.#missing -= chunk.length;
    }
    if (this.#missing > 0) return;
    const body =
      this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#missing = -1;
    this.#settle?.(body);
  }
}
