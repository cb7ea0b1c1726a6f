/**
 * Typed events over `node:diagnostics_channel`: free when nobody listens, and a listener that
 * throws cannot hurt the machine (the channel reports it as an uncaught exception of its own).
 */

import { channel, type Channel } from "node:diagnostics_channel";

/** A map of event name → payload. */
export type EventMap = object;

export interface EventChannel<Events extends EventMap> {
  publish<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void;
  /** Returns the function that ends the subscription. */
  subscribe<Name extends keyof Events & string>(
    name: Name,
    listener: (payload: Events[Name]) => void,
  ): () => void;
}

/** Channels are named `shardline:<area>:<event>`. */
export function eventChannel<Events extends EventMap>(area: string): EventChannel<Events> {
  // Node.js looks them up by name and lets go of those that nobody holds.
  const channels = new Map<string, Channel>();
  const named = (name: string): Channel => {
    let found = channels.get(name);
    if (found === undefined) {
      found = channel(`shardline:${area}:${name}`);
      channels.set(name, found);
    }
    return found;
  };
  return {
    publish(name, payload): void {
      const target = named(name);
      if (target.hasSubscribers) target.publish(payload);
    },
    subscribe(name, listener): () => void {
      const target = named(name);
      const handler = (message: unknown): void => listener(message as never);
      target.subscribe(handler);
      return () => {
        target.unsubscribe(handler);
      };
    },
  };
}
