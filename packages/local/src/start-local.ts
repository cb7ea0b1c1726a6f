import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shardline/model";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { StreamStore } from "./data-dir/stream-store.ts";
import { Faults } from "./faults/faults.ts";
import { LeaseDatabase } from "./lease-database/lease-database.ts";
import { leaseHandler } from "./lease-database/lease-handler.ts";
import {
  type CompiledLocalOptions,
  compileLocalOptions,
  type LocalOptions,
} from "./local-options.ts";
import { operations } from "./operations/index.ts";
import { ServiceError } from "./operations/operation.ts";
import { adminHandler } from "./server/admin-handler.ts";
import { generateCertificate } from "./server/certificate.ts";
import { kinesisHandler } from "./server/kinesis-handler.ts";
import {
  type Certificate,
  openWirePort,
  type WireHandler,
  type WirePort,
} from "./server/wire-port.ts";
import { DEFAULT_ACCOUNT_ID } from "./stream-model/account-id.ts";
import { KinesisModel } from "./stream-model/kinesis-model.ts";

/** A running local Kinesis with its lease database. */
export interface LocalServer {
  /** For `AWS_ENDPOINT_URL_KINESIS`. */
  readonly kinesisUrl: string;
  /** Present if a TLS port was asked for. */
  readonly kinesisTlsUrl?: string;
  /** The certificate of the TLS port, in PEM, for clients that are to trust it. */
  readonly certificate?: string;
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  readonly dynamodbUrl: string;
  readonly model: KinesisModel;
  readonly faults: Faults;
  /** Closes every connection and file; nothing keeps the process alive after it. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local Kinesis and the database for its leases, on loopback.
 * @throws InvalidOptionsError; rejects if a port is taken or the data directory is in use. Nothing
 * is left open then.
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalServer> {
  const config = compileLocalOptions(options);
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await start(config, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  config: CompiledLocalOptions,
  closers: (() => Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<LocalServer> {
  const { host, dataDir } = config;
  const clock = config.clock ?? systemClock;
  const random = config.random ?? systemRandom;
  const logger = config.logger ?? silentLogger;
  const faults = new Faults(clock, random);
  const model = createModel(config, random);
  const store = dataDir === undefined ? undefined : await openStore(dataDir, model, logger);
  if (store !== undefined) closers.push(() => store.close());
  createStreams(model, config, clock);
  await store?.flushed();
  const database = await openDatabase(dataDir);
  closers.push(() => database.close());

  const open = async (
    port: number,
    handle: WireHandler,
    certificate?: Certificate,
  ): Promise<WirePort> => {
    const opened = await openWirePort({ host, port, ...(certificate && { certificate }) }, handle);
    closers.push(() => opened.close());
    return opened;
  };
  const serveOperations = kinesisHandler({
    ...{ model, clock, logger, faults },
    durable: store && (() => store.flushed()),
  });
  const serveKinesis = config.admin
    ? adminHandler({ faults, clock }, serveOperations)
    : serveOperations;
  const kinesis = await open(config.kinesisPort, serveKinesis);
  const secure = config.tlsPort !== undefined;
  const certificate = secure ? await generateCertificate(host, clock.wallMs()) : undefined;
  const tls = certificate && (await open(config.tlsPort ?? 0, serveKinesis, certificate));
  const serveLeases = leaseHandler({ database, clock, logger, faults });
  const dynamodb = await open(config.dynamodbPort, serveLeases);

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= closeAll().then(handlesGone);
    return closed;
  };
  return {
    kinesisUrl: urlOf("http", host, kinesis.port),
    ...(tls && { kinesisTlsUrl: urlOf("https", host, tls.port), certificate: certificate.cert }),
    dynamodbUrl: urlOf("http", host, dynamodb.port),
    model,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createModel(config: CompiledLocalOptions, random: Random): KinesisModel {
  return new KinesisModel({
    random,
    quotas: config.enforceLimits,
    apiRateLimits: config.enforceLimits,
    creatingMs: config.stateDelayMs,
    updatingMs: config.stateDelayMs,
    deletingMs: config.stateDelayMs,
    subscriptionMs: config.subscriptionMs,
    maxMemoryBytes: config.maxMemoryBytes,
  });
}

/** The event loop lets go of closed handles in its next turns. */
async function handlesGone(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function openDatabase(dataDir: string | undefined): Promise<LeaseDatabase> {
  if (dataDir === undefined) return LeaseDatabase.open();
  await mkdir(dataDir, { recursive: true });
  return LeaseDatabase.open(join(dataDir, "tables"));
}

async function openStore(
  dataDir: string,
  model: KinesisModel,
  logger: Logger,
): Promise<StreamStore> {
  const store = await StreamStore.open(join(dataDir, "streams"));
  const unreadable = await store.attach(model);
  if (unreadable > 0) logger.error({ unreadable, dataDir }, "stored records are damaged; skipped");
  return store;
}

function createStreams(model: KinesisModel, config: CompiledLocalOptions, clock: Clock): void {
  const create = operations.get("CreateStream");
  for (const { name, shards } of config.streams ?? []) {
    const context = {
      model,
      accountId: DEFAULT_ACCOUNT_ID,
      region: config.region,
      nowMs: clock.nowMs(),
      wallMs: clock.wallMs(),
    };
    try {
      create?.({ StreamName: name, ShardCount: shards }, context);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "ResourceInUseException") throw error;
    }
  }
}

function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
