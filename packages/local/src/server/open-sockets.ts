import type { Socket } from "node:net";

/**
 * Nothing in either direction for this long, pings included: the other side is gone or has stopped
 * reading. (node:http2 has a timeout of its own, but keeps closed sessions until it has passed.)
 */
const IDLE_TIMEOUT_MS = 5 * 60_000;
const LOOKS_A_TIMEOUT = 10;

interface Watched {
  movedBytes: number;
  /** How often in a row nothing had moved. */
  idleLooks: number;
}

/** The connections of a port: drops those on which nothing moves, and all of them at the end. */
export class OpenSockets {
  readonly #sockets: Map<Socket, Watched> = new Map();
  readonly #looks: ReturnType<typeof setInterval>;

  constructor(idleTimeoutMs: number = IDLE_TIMEOUT_MS) {
    this.#looks = setInterval(() => this.#look(), idleTimeoutMs / LOOKS_A_TIMEOUT);
    this.#looks.unref();
  }

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.set(socket, { movedBytes: -1, idleLooks: 0 });
    socket.once("close", () => this.#sockets.delete(socket));
  }

  destroyAll(): void {
    clearInterval(this.#looks);
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #look(): void {
    for (const [socket, watched] of this.#sockets) {
      const movedBytes = socket.bytesRead + socket.bytesWritten;
      watched.idleLooks = movedBytes === watched.movedBytes ? watched.idleLooks + 1 : 0;
      watched.movedBytes = movedBytes;
      if (watched.idleLooks >= LOOKS_A_TIMEOUT) socket.destroy();
    }
  }
}
