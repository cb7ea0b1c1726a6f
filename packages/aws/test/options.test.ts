import { expect, it } from "vitest";
import { createKinesis } from "../src/index.ts";

it("credentials of the wrong type are refused and not repeated", () => {
  const credentials = "wJalrXUtnFEMI" as never;
  const refused = expect.objectContaining({
    code: "INVALID_OPTIONS",
    message: expect.not.stringContaining("wJalr") as string,
    problems: [expect.objectContaining({ path: "credentials" })],
  }) as Error;
  expect(() => createKinesis({ credentials })).toThrowError(refused);
});
