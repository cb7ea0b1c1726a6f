/**
 * For logs: the kind of an unforeseen error and where it came from, and nothing of the request. So not
 * its message: the engine's own quote what they could not read (`Cannot convert 12x to a BigInt`).
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { name, message, stack = "" } = error;
  const code: unknown = "code" in error ? error.code : undefined;
  const head = typeof code === "string" ? `${name} (${code})` : name;
  const afterMessage = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  const frames = afterMessage.split("\n").filter((line) => /^ {4}at /.test(line));
  return [head, ...frames].join("\n");
}
