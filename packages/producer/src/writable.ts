import { Writable } from "node:stream";
import type { Producer } from "./producer.ts";
import type { ProducerRecord } from "./record.ts";

export interface WritableOptions {
  /** Called for each record that was not stored, or possibly not. Without it the first one destroys the stream. */
  readonly onFailure?: ((error: Error, record: ProducerRecord) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A stream of `ProducerRecord`s into a producer: it takes as many as there is room for, and finishes
 * when all are settled. The producer stays open.
 */
export function toWritable(producer: Producer, options: WritableOptions = {}): Writable {
  const { onFailure, signal } = options;
  const waitOptions = { signal };
  const stream: Writable = new Writable({
    objectMode: true,
    write(record: ProducerRecord, _encoding, next): void {
      const begin = (): void => {
        producer.put(record, waitOptions).catch((error: Error) => {
          if (onFailure === undefined) stream.destroy(error);
          else onFailure(error, record);
        });
        next();
      };
      producer.room(waitOptions).then(begin, next);
    },
    final(done): void {
      const finish = (): void => done();
      producer.flush(waitOptions).then(finish, done);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return stream;
}
