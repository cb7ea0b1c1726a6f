/** An error as the service answers it. The wire turns `code` into `__type` and adds the request id. */
export class ServiceError extends Error {
  /** The service's name for it, as in `__type`: `ResourceInUseException`. */
  readonly code: string;
  /** HTTP status: 400 for the caller's faults, 500 for the service's. */
  readonly statusCode: number;
  /** Members of the error's body besides `message`. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      readonly statusCode?: number;
      readonly fields?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.name = "ServiceError";
    this.code = code;
    this.statusCode = options.statusCode ?? 400;
    this.fields = options.fields ?? {};
  }
}
