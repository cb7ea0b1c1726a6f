/** The shapes of inputs as the service's model declares them, in the order in which it checks them. */

import type { Payload, Timestamp } from "./operation.ts";

export type Shape =
  | StringShape
  | IntegerShape
  | { readonly type: "boolean" }
  | { readonly type: "timestamp" }
  | { readonly type: "blob"; readonly max: number }
  | ListShape
  | MapShape
  | StructureShape;

export interface StringShape {
  readonly type: "string";
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

export interface IntegerShape {
  readonly type: "integer";
  readonly min?: number;
  readonly max?: number;
}

export interface ListShape {
  readonly type: "list";
  readonly min?: number;
  readonly max?: number;
  readonly member: Shape;
}

/** From text to text, as tags are. */
export interface MapShape {
  readonly type: "map";
  readonly min?: number;
  readonly max?: number;
  readonly key: StringShape;
  readonly value: StringShape;
}

export interface StructureShape {
  readonly type: "structure";
  readonly members: Members;
  /** How the service's messages print it in a list. */
  readonly javaName?: string;
}

export type Member = Shape & { readonly required?: boolean };
export type Members = Readonly<Record<string, Member>>;

/** The TypeScript type of an input that passed. */
export type InputOf<M extends Members> = {
  readonly [K in keyof M as M[K] extends { readonly required: true } ? K : never]: ValueOf<M[K]>;
} & {
  readonly [K in keyof M as M[K] extends { readonly required: true } ? never : K]?:
    | ValueOf<M[K]>
    | undefined;
};

type ValueOf<S> = S extends { readonly type: "string" }
  ? S extends { readonly values: readonly (infer V)[] }
    ? V
    : string
  : S extends { readonly type: "integer" }
    ? number
    : S extends { readonly type: "boolean" }
      ? boolean
      : S extends { readonly type: "timestamp" }
        ? number | Timestamp
        : S extends { readonly type: "blob" }
          ? Payload
          : S extends { readonly type: "list"; readonly member: infer E }
            ? readonly ValueOf<E>[]
            : S extends { readonly type: "map" }
              ? Readonly<Record<string, string>>
              : S extends { readonly type: "structure"; readonly members: infer M extends Members }
                ? InputOf<M>
                : never;
