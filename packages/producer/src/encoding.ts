import { deflateSync } from "node:zlib";
import { dataBytes, InvalidRecordError } from "@shardline/model";
import type { ProducerRecord } from "./record.ts";

/** A schema of the AWS Glue Schema Registry. KPL counterpart: `Schema`. */
export interface RecordSchema {
  readonly name: string;
  readonly dataFormat: "AVRO" | "JSON" | "PROTOBUF";
  readonly definition: string;
}

/** Port: finds or registers schemas. */
export interface SchemaRegistry {
  /** The version's UUID. Asked once for each schema and stream as long as it succeeds. */
  versionIdOf(schema: RecordSchema, stream: string): Promise<string>;
}

export interface EncodingOptions {
  readonly schemaRegistry: SchemaRegistry | undefined;
  readonly schemaCompression: "none" | "zlib";
  readonly compress: ((data: Uint8Array) => Uint8Array | Promise<Uint8Array>) | undefined;
}

const HEADER_VERSION = 0x03;
const COMPRESSION_NONE = 0x00;
const COMPRESSION_ZLIB = 0x05;
const HEADER_BYTES = 18;

/**
 * Frames a payload as Glue's serializers do: version, compression, the schema version's 16 bytes,
 * the payload.
 * https://docs.aws.amazon.com/glue/latest/dg/schema-registry-works.html
 * @throws InvalidRecordError if `schemaVersionId` is no UUID.
 */
export function frameForGlue(
  schemaVersionId: string,
  payload: Uint8Array,
  compression: "none" | "zlib" = "none",
): Uint8Array {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(schemaVersionId)) {
    throw new InvalidRecordError("schemaVersionId", JSON.stringify(schemaVersionId), "a UUID");
  }
  const body = compression === "zlib" ? deflateSync(payload) : payload;
  const framed = Buffer.allocUnsafeSlow(HEADER_BYTES + body.length);
  framed[0] = HEADER_VERSION;
  framed[1] = compression === "zlib" ? COMPRESSION_ZLIB : COMPRESSION_NONE;
  framed.write(schemaVersionId.replaceAll("-", ""), 2, "hex");
  framed.set(body, HEADER_BYTES);
  return framed;
}

/** Compression and schema framing, before a record is measured. One record after the other, in order. */
export class Encoding {
  readonly #options: EncodingOptions;
  readonly #versions = new Map<string, Promise<string>>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: EncodingOptions) {
    this.#options = options;
  }

  appliesTo(record: ProducerRecord): boolean {
    return record.schema !== undefined || this.#options.compress !== undefined;
  }

  /** The bytes to send. Settles in the order of the calls. */
  encode(record: ProducerRecord, stream: string): Promise<Uint8Array> {
    const before = this.#tail;
    const encoded = this.#encodeOne(record, stream);
    const inTurn = before.then(() => encoded);
    this.#tail = inTurn.catch(() => undefined);
    encoded.catch(() => undefined);
    return inTurn;
  }

  async #encodeOne(record: ProducerRecord, stream: string): Promise<Uint8Array> {
    const { compress, schemaCompression, schemaRegistry } = this.#options;
    const { schema } = record;
    const given = dataBytes(record.data);
    const payload = compress === undefined ? given : await compress(given);
    if (schema === undefined) return payload;
    if (schemaRegistry === undefined) {
      throw new InvalidRecordError("schema", "a schema", "none without the option schemaRegistry");
    }
    const id = await this.#versionId(schemaRegistry, schema, stream);
    return frameForGlue(id, payload, schemaCompression);
  }

  #versionId(registry: SchemaRegistry, schema: RecordSchema, stream: string): Promise<string> {
    const key = JSON.stringify([stream, schema.name, schema.dataFormat, schema.definition]);
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const asked = registry.versionIdOf(schema, stream);
    this.#versions.set(key, asked);
    asked.catch(() => this.#versions.delete(key));
    return asked;
  }
}
