import { describe, expect, it } from "vitest";
import { grantSlots, type SlotClaim } from "../../../../services/limits/core/slots.ts";

describe("grantSlots", () => {
  it("gives one that is alone what it wants, up to the limit", () => {
    expect(grantSlots(8, claim({ wants: 5 }), [])).toBe(5);
    expect(grantSlots(8, claim({ wants: 20 }), [])).toBe(8);
  });

  it("gives what is free", () => {
    expect(grantSlots(8, claim({ wants: 20 }), [claim({ held: 6, wants: 6 })])).toBe(2);
  });

  it("takes back what is more than a share while another job wants more", () => {
    const other = claim({ job: "other", held: 0, wants: 20, waitsSince: 1 });
    expect(grantSlots(8, claim({ held: 8, wants: 20 }), [other])).toBe(4);
  });

  it("takes nothing back that nobody wants", () => {
    const other = claim({ job: "other", held: 1, wants: 1 });
    expect(grantSlots(8, claim({ held: 7, wants: 20 }), [other])).toBe(7);
  });

  it("shares between jobs first, then between the chunks of a job", () => {
    const siblings = [claim({ held: 2, wants: 20 }), claim({ held: 2, wants: 20 })];
    const other = claim({ job: "other", held: 6, wants: 20 });
    expect(grantSlots(12, claim({ held: 2, wants: 20 }), [...siblings, other])).toBe(2);
    const ofOther = { ...other, held: 6 };
    const ofJob = [...siblings, claim({ held: 2, wants: 20 })];
    expect(grantSlots(12, ofOther, ofJob)).toBe(6);
  });

  it("keeps free slots for the job that has fewest", () => {
    const other = claim({ job: "other", held: 0, wants: 3, waitsSince: 50 });
    expect(grantSlots(8, claim({ held: 3, wants: 20, waitsSince: 10 }), [other])).toBe(5);
    expect(grantSlots(4, claim({ held: 1, wants: 20, waitsSince: 10 }), [other])).toBe(2);
  });

  it("keeps a free slot for the chunk that has waited longest", () => {
    const longer = claim({ job: "other", wants: 1, waitsSince: 10 });
    const mine = claim({ wants: 1, waitsSince: 20 });
    expect(grantSlots(1, mine, [longer])).toBe(0);
    expect(grantSlots(1, longer, [mine])).toBe(1);
    expect(grantSlots(1, claim({ wants: 1 }), [mine])).toBe(0);
  });

  it("gives less when the limit was lowered", () => {
    expect(grantSlots(3, claim({ held: 8, wants: 20 }), [])).toBe(3);
  });

  it("gives nobody more than is free when all together hold more than the lowered limit", () => {
    const other = claim({ held: 1, wants: 5 });
    expect(grantSlots(1, claim({ held: 1, wants: 5 }), [other])).toBe(0);
    expect(grantSlots(5, claim({ held: 4, wants: 9 }), [other, other, other])).toBe(2);
  });

  it("takes back what the holder does not want any more", () => {
    expect(grantSlots(8, claim({ held: 5, wants: 2 }), [])).toBe(2);
    expect(grantSlots(8, claim({ held: 0, wants: 0 }), [])).toBe(0);
  });
});

// --- internal ---

const claim = (fields: Partial<SlotClaim>): SlotClaim => ({
  job: "job",
  held: 0,
  wants: 0,
  waitsSince: null,
  ...fields,
});
