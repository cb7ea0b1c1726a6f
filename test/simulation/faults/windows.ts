/** The windows of trouble that are open now, each with its own dice. */

import { SeededRandom } from "@shardline/local";
import type { Fault, Service, WindowFault } from "./fault.ts";

export type WindowKind = WindowFault["kind"];
export type WindowOf<Kind extends WindowKind> = Extract<WindowFault, { readonly kind: Kind }>;

interface Open {
  readonly fault: WindowFault;
  readonly random: SeededRandom;
}

export class OpenWindows {
  readonly #open: Open[] = [];

  open(fault: Fault & WindowFault): () => void {
    const opened = { fault, random: new SeededRandom(fault.salt) };
    this.#open.push(opened);
    return () => {
      const index = this.#open.indexOf(opened);
      if (index >= 0) this.#open.splice(index, 1);
    };
  }

  closeAll(): void {
    this.#open.length = 0;
  }

  get count(): number {
    return this.#open.length;
  }

  /** The first open window of this kind whose dice say yes. */
  hit<Kind extends WindowKind>(
    kind: Kind,
    where?: { readonly place: string; readonly service: Service },
  ): { readonly fault: WindowOf<Kind>; readonly random: SeededRandom } | undefined {
    for (const { fault, random } of this.#open) {
      if (fault.kind !== kind || !concerns(fault, where)) continue;
      if (random.next() < fault.probability) {
        return { fault: fault as WindowOf<Kind>, random };
      }
    }
    return undefined;
  }
}

function concerns(
  fault: WindowFault,
  where: { readonly place: string; readonly service: Service } | undefined,
): boolean {
  if (where === undefined || !("service" in fault)) return true;
  return fault.service === where.service && (fault.place === "*" || fault.place === where.place);
}
