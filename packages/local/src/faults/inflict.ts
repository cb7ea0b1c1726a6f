/** Carrying a fault out on the wire. */

import type { Clock } from "@shardline/model";
import { constants } from "node:http2";
import { ServiceError } from "../operations/operation.ts";
import type { WireRequest, WireResponse } from "../server/wire-port.ts";
import type { FaultAction } from "./fault.ts";

/**
 * The part of a fault that comes before the operation. False if that was all of it and the request
 * is not to be applied.
 * @throws ServiceError if the fault is an error of the service.
 */
export async function inflictBefore(
  action: FaultAction | undefined,
  request: WireRequest,
  clock: Clock,
  throttling: { readonly code: string; readonly message: string },
): Promise<boolean> {
  switch (action?.kind) {
    case "error":
      throw new ServiceError(action.code, action.message ?? "Injected fault", {
        statusCode: action.statusCode ?? 400,
      });
    case "throttle":
      throw new ServiceError(throttling.code, throttling.message);
    case "delay":
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(action.delayMs, resolve);
        request.socket.once("close", () => {
          timer.cancel();
          resolve();
        });
      });
      return true;
    case "reset":
      resetConnection(request);
      return false;
    case "goaway":
      endConnection(request);
      return false;
    case "stall":
      return false;
    case undefined:
    case "drop":
    case "failEntries":
      return true;
  }
}

/** Instead of the answer to an applied request. */
export function dropAnswer(request: WireRequest, response: WireResponse): void {
  if (request.stream === undefined) request.socket.destroy();
  else request.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  response.destroy();
}

function resetConnection(request: WireRequest): void {
  if (request.stream === undefined) request.socket.resetAndDestroy();
  else request.stream.close(constants.NGHTTP2_CANCEL);
}

/** Answered streams of the session finish; this one gets nothing and may be tried again elsewhere. */
function endConnection(request: WireRequest): void {
  const { stream } = request;
  if (stream === undefined) {
    request.socket.destroy();
    return;
  }
  const { session } = stream;
  session?.goaway(constants.NGHTTP2_NO_ERROR);
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
  session?.close();
}
