/** For logs: where an unforeseen error came from, and nothing of the request. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
