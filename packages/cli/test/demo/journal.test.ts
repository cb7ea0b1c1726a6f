import { describe, expect, it } from "vitest";
import { digestOf, journalLine, parseJournalLine } from "../../src/demo/journal.ts";

const delivery = {
  atUs: 1_700_000_000_123_456,
  fence: 7,
  shardId: "shardId-000000000003",
  sequenceNumber: "49680417611849285712948191940741106591401676464361308162",
  subSequenceNumber: 12,
  digest: digestOf(Buffer.from("payload")),
};

describe("the journal", () => {
  it("reads what it wrote", () => {
    expect(parseJournalLine(journalLine(delivery).trimEnd())).toEqual(delivery);
  });

  it("takes no line that a dying writer cut off", () => {
    const line = journalLine(delivery).trimEnd();
    for (let end = 0; end < line.length; end++) {
      expect(parseJournalLine(line.slice(0, end))).toBeUndefined();
    }
  });
});
