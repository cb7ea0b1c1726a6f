/**
 * The admin endpoint under `/_shardline/`: faults and time, for tests in any language. Only where it
 * was asked for, only for callers on this machine, and not for web pages that a browser here shows.
 *
 * GET    /_shardline/faults          the rules and how often each has met a request
 * POST   /_shardline/faults          a rule as JSON (see `FaultRule`); answers {"id"}
 * DELETE /_shardline/faults          all of them; /_shardline/faults/ID one
 * GET    /_shardline/clock           {"nowMs","wallMs","virtual"}
 * POST   /_shardline/clock/advance   {"ms"}; only with a virtual clock
 */

import { type Clock, InvalidOptionsError } from "@shardline/model";
import type { FaultRule } from "../faults/fault.ts";
import type { Faults } from "../faults/faults.ts";
import { send } from "./answer.ts";
import { readBody } from "./request-body.ts";
import type { WireHandler, WireRequest } from "./wire-port.ts";

export interface AdminOptions {
  readonly faults: Faults;
  readonly clock: Clock;
}

interface AdminAnswer {
  readonly status: number;
  readonly body: object;
}

const PREFIX = "/_shardline/";
const MAX_BODY_BYTES = 64 * 1024;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Takes the requests under the prefix and leaves the others to `next`. */
export function adminHandler(options: AdminOptions, next: WireHandler): WireHandler {
  return (request, response) => {
    if (!request.url?.startsWith(PREFIX)) return next(request, response);
    answer(options, request).then(
      ({ status, body }) => {
        send(response, status, "application/json", `${JSON.stringify(body)}\n`);
      },
      () => response.destroy(),
    );
  };
}

async function answer(options: AdminOptions, request: WireRequest): Promise<AdminAnswer> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!isLocalCaller(request)) return problem(403, "only for callers on this machine");
  if (!isDeliberate(request)) return problem(415, "send content-type: application/json");
  if (body.kind !== "whole") return problem(413, `the body is over ${MAX_BODY_BYTES} bytes`);
  let input: unknown;
  try {
    input = body.bytes.length === 0 ? {} : JSON.parse(body.bytes.toString("utf8"));
  } catch {
    return problem(400, "the body is not JSON");
  }
  const path = (request.url ?? "").slice(PREFIX.length).split("?", 1)[0] ?? "";
  const route = `${request.method} ${path}`;
  try {
    return await perform(options, route, input);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return problem(400, error.message);
    throw error;
  }
}

async function perform(
  { faults, clock }: AdminOptions,
  route: string,
  input: unknown,
): Promise<AdminAnswer> {
  switch (route) {
    case "GET faults":
      return { status: 200, body: { faults: faults.list() } };
    case "POST faults":
      return { status: 200, body: { id: faults.add(input as FaultRule) } };
    case "DELETE faults":
      faults.clear();
      return { status: 200, body: {} };
    case "GET clock": {
      const virtual = isVirtual(clock);
      return { status: 200, body: { nowMs: clock.nowMs(), wallMs: clock.wallMs(), virtual } };
    }
    case "POST clock/advance": {
      const ms = (input as { ms?: unknown } | null)?.ms;
      if (!isVirtual(clock)) return problem(409, "the server runs on the machine's clock");
      if (!Number.isSafeInteger(ms) || Number(ms) < 0) {
        return problem(400, "ms: expected a whole number of milliseconds, 0 or more");
      }
      await clock.advance(Number(ms));
      return { status: 200, body: { nowMs: clock.nowMs(), wallMs: clock.wallMs() } };
    }
  }
  const id = /^DELETE faults\/(\d+)$/.exec(route)?.[1];
  if (id === undefined) return problem(404, "no such admin operation");
  return faults.remove(Number(id)) ? { status: 200, body: {} } : problem(404, `no fault ${id}`);
}

function isVirtual(clock: Clock): clock is Clock & { advance(durationMs: number): Promise<void> } {
  return "advance" in clock && typeof clock.advance === "function";
}

/** A page of some site may point its own name to loopback. */
function isLocalCaller({ headers, socket }: WireRequest): boolean {
  const host = headers.host ?? String(headers[":authority"] ?? "");
  return (
    LOOPBACK.test(socket.remoteAddress ?? "") &&
    LOOPBACK_HOST.test(host) &&
    headers.origin === undefined
  );
}

/** A page of some site may post a form to loopback without being asked, but only as a form or text. */
function isDeliberate({ headers, method }: WireRequest): boolean {
  return method !== "POST" || String(headers["content-type"]).startsWith("application/json");
}

function problem(status: number, error: string): AdminAnswer {
  return { status, body: { error } };
}
