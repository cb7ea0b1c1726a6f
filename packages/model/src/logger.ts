/** Port: logs, shaped like pino. Fields never hold record data or credentials. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
