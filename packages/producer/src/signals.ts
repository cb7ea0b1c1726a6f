import { checkCloseOptions, type CloseOptions } from "./close-options.ts";
import type { CloseReport, Producer } from "./producer.ts";

/** The part of `process` that is used. */
export interface SignalSource {
  readonly pid: number;
  once(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  removeListener(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

export interface CloseOnSignalsOptions extends CloseOptions {
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /** Called when the producer is closed, before the process ends. */
  readonly onClosed?: ((report: CloseReport) => void) | undefined;
  /** Default: this process. */
  readonly source?: SignalSource | undefined;
}

/**
 * Closes the producer when the process is told to stop, then lets the signal do what it would have
 * done. A second signal does not wait. Returns what takes the listeners away again.
 * @throws InvalidOptionsError
 */
export function closeOnSignals(
  producer: Producer,
  options: CloseOnSignalsOptions = {},
): () => void {
  const { signals = ["SIGTERM", "SIGINT"], onClosed, source = process, ...rest } = options;
  const close = checkCloseOptions(rest);
  const remove = (): void => {
    for (const signal of signals) source.removeListener(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    void producer.close(close).then((report) => {
      onClosed?.(report);
      source.kill(source.pid, signal);
    });
  };
  for (const signal of signals) source.once(signal, onSignal);
  return remove;
}
