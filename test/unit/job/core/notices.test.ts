import { describe, expect, it } from "vitest";
import {
  countReceivers,
  notificationsOf,
  withNews,
  withPending,
  type Notice,
} from "../../../../services/job/core/notices.ts";

const receivers = {
  job: [{ webhook: "https://a.example/" }, { action: "tell" }],
  stages: [[], [{ webhook: "https://b.example/" }]],
};
const place = { generation: 1, stage: null, n: 0 };
const pending: Notice = { ...place, status: "PENDING", attempts: 0 };

describe("notices", () => {
  it("are as many as there are receivers", () => {
    expect(countReceivers(receivers)).toBe(3);
    expect(countReceivers({ job: [], stages: [[], []] })).toBe(0);
  });

  it("begin as pending, behind those of earlier ends", () => {
    const first = withPending([], [{ ...place, stage: 1 }]);
    expect(withPending(first, [place])).toEqual([{ ...pending, stage: 1 }, pending]);
  });

  it("are forgotten when they are old and too many", () => {
    let notices: Notice[] = [];
    for (let generation = 1; generation <= 300; generation += 1) {
      notices = withPending(notices, [{ ...place, generation }]);
    }
    expect(notices).toHaveLength(200);
    expect(notices.at(0)).toMatchObject({ generation: 101 });
  });

  it("take in how it went", () => {
    const failed: Notice = { ...pending, attempts: 1, error: "503" };
    const delivered: Notice = { ...place, status: "DELIVERED", attempts: 2 };
    const others: Notice[] = [
      { ...pending, generation: 2 },
      { ...pending, stage: 0 },
      { ...pending, n: 1 },
    ];
    const once = withNews([pending, ...others], failed);
    expect(once).toEqual([failed, ...others]);
    expect(withNews(once, delivered)).toEqual([delivered, ...others]);
  });

  it.each<[string, Notice, Notice]>([
    [
      "an older attempt",
      { ...pending, attempts: 2, error: "b" },
      { ...pending, attempts: 1, error: "a" },
    ],
    ["what comes after the end", { ...pending, status: "DELIVERED", attempts: 1 }, pending],
    ["another one's", pending, { ...pending, n: 7, status: "DELIVERED", attempts: 1 }],
  ])("do not change for %s", (_, known, news) => {
    expect(withNews([known], news)).toEqual([known]);
  });

  it("are shown with their receivers, and with the stage if it is a stage's", () => {
    const notices: Notice[] = [
      { generation: 1, stage: 1, n: 0, status: "DELIVERED", attempts: 1 },
      { generation: 1, stage: null, n: 1, status: "UNDELIVERED", attempts: 3, error: "FAILED" },
    ];
    expect(notificationsOf(notices, receivers)).toEqual([
      { webhook: "https://b.example/", stage: 1, generation: 1, status: "DELIVERED", attempts: 1 },
      { action: "tell", generation: 1, status: "UNDELIVERED", attempts: 3, error: "FAILED" },
    ]);
  });
});
