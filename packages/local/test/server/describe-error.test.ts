import { expect, it } from "vitest";
import { describeError } from "../../src/server/describe-error.ts";

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

it.each<[string, () => unknown]>([
  ["JSON", () => JSON.parse('{"Data": topSecret}')],
  ["BigInt", () => BigInt("topSecret")],
  ["URL", () => new URL("topSecret")],
  ["own", () => new Error("topSecret")],
  ["like frames", () => new Error("a\n    at topSecret\nb")],
  ["no error", () => "topSecret"],
  ["object", () => ({ data: "topSecret" })],
])("tells nothing of what the request held: %s", (_, act) => {
  expect(describeError(thrownBy(act))).not.toContain("topSecret");
});

it("tells the kind of error and where it came from", () => {
  const [head, ...frames] = describeError(thrownBy(() => BigInt("12x"))).split("\n");
  expect(head).toBe("SyntaxError");
  expect(frames.join()).toMatch(/ {4}at .*describe-error\.test/);
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  expect(describeError(full)).toMatch(/^Error \(ENOSPC\)\n {4}at /);
});
