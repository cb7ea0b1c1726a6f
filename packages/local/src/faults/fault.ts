/** Faults as data: which requests they meet, what happens to those, and for how long. */

export type FaultAction =
  /** The service's error instead of an answer; the request is not applied. */
  | {
      readonly kind: "error";
      readonly code: string;
      readonly message?: string;
      /** 400 by default, which SDKs take for the caller's fault; 500 and 503 for the service's. */
      readonly statusCode?: number;
    }
  /** The error of an exceeded throughput or rate, in the service's own name for it. */
  | { readonly kind: "throttle" }
  /** Applied and answered, so much later. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Applied, but the connection is closed instead of an answer: the caller cannot know. */
  | { readonly kind: "drop" }
  /** Not applied; the connection (HTTP/2: the stream) is reset. */
  | { readonly kind: "reset" }
  /** Not applied; over HTTP/2 the session ends with GOAWAY, over HTTP/1.1 the connection closes. */
  | { readonly kind: "goaway" }
  /** Not applied and never answered, while the connection stays open. */
  | { readonly kind: "stall" }
  /** PutRecords only: these entries (by index; all if absent) fail, the rest are applied. */
  | {
      readonly kind: "failEntries";
      readonly entries?: readonly number[];
      /** ProvisionedThroughputExceededException by default. */
      readonly code?: string;
      readonly message?: string;
    };

export interface FaultRule {
  /** Both by default. */
  readonly service?: "kinesis" | "dynamodb";
  /** One operation, as `PutRecords`; every one by default. */
  readonly operation?: string;
  /** One stream or table, by name; every one by default. */
  readonly resource?: string;
  readonly action: FaultAction;
  /** The rule is gone after so many requests. */
  readonly times?: number;
  /** Meets this share of the requests, 0 … 1; 1 by default. */
  readonly probability?: number;
  /** The rule is gone after so many milliseconds of the server's clock. */
  readonly forMs?: number;
}

/** What a rule is compared with. */
export interface FaultTarget {
  readonly service: "kinesis" | "dynamodb";
  readonly operation: string;
  readonly resource: string | undefined;
}

export interface ActiveFault {
  readonly id: number;
  readonly rule: FaultRule;
  /** Requests that the rule has met so far. */
  readonly hits: number;
}
