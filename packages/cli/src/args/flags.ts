/** What a command accepts, as data: one table parses, checks, and prints the help. */

interface Documented {
  /** What it does, in a few words, for --help. */
  readonly doc: string;
}

export type FlagSpec =
  /** On or off. A negatable one can be switched off with --no-NAME. */
  | (Documented & {
      readonly kind: "switch";
      readonly default?: boolean;
      readonly negatable?: true;
    })
  | (Documented & {
      readonly kind: "text";
      /** The placeholder in the help: FILE, URL. */
      readonly value: string;
      readonly default?: string;
      readonly required?: true;
    })
  /** May be given again and again. */
  | (Documented & { readonly kind: "many"; readonly value: string })
  | (Documented & {
      readonly kind: "integer";
      readonly value: string;
      readonly min: number;
      readonly max: number;
      readonly default?: number;
    });

/** Flag names without their dashes. */
export type FlagTable = Readonly<Record<string, FlagSpec>>;

export interface PositionalSpec extends Documented {
  /** As the help shows it: STREAM. */
  readonly name: string;
}

export type FlagValue<F extends FlagSpec> = F extends { kind: "switch" }
  ? boolean
  : F extends { kind: "many" }
    ? readonly string[]
    : F extends { kind: "integer" }
      ? F extends { default: number }
        ? number
        : number | undefined
      : F extends { default: string } | { required: true }
        ? string
        : string | undefined;

export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: FlagValue<T[K]> };

/** The environment variable that stands in for a flag: --worker-id is SHARDLINE_WORKER_ID. */
export function flagVariable(name: string): string {
  return `SHARDLINE_${name.toUpperCase().replaceAll("-", "_")}`;
}
