import { describe, expect, it } from "vitest";
import { buildRequest } from "../../../../clients/cli/request/build-request.ts";

describe("buildRequest", () => {
  it("makes a request of options", () => {
    const options = {
      id: "mails",
      next: ["send", { action: "count", fold: "count" }],
      payload: { campaign: 99 },
      range: { start: 1, stop: 100 },
      as: "page",
      concurrency: 4,
      rate: "none" as const,
      maxAttempts: 5,
      fold: "none",
      label: { team: "crm" },
    };
    expect(buildRequest("prepare", options, {})).toEqual({
      jobId: "mails",
      action: "prepare",
      nextActions: ["send", { action: "count", fold: "count" }],
      payload: { campaign: 99 },
      fanout: { range: { as: "page", start: 1, stop: 100 } },
      limits: { concurrency: 4, rate: null },
      retry: { maxAttempts: 5 },
      fold: "none",
      labels: { team: "crm" },
    });
  });

  it("puts options before what a file says, field by field", () => {
    const file = {
      action: "prepare",
      fanout: { tasks: 3 },
      limits: { concurrency: 4, rate: null },
      labels: { team: "crm", env: "test" },
    };
    const options = { tasks: 5, concurrency: 8, label: { env: "live" } };
    expect(buildRequest(undefined, options, file)).toEqual({
      action: "prepare",
      fanout: { tasks: 5 },
      limits: { concurrency: 8, rate: null },
      labels: { team: "crm", env: "live" },
    });
  });

  it.each([
    [{ foreach: ["a"], as: "name" }, { foreach: { as: "name", items: ["a"] } }],
    [{ from: "list_users" }, { from: { action: "list_users" } }],
    [{ tasks: 0 }, { tasks: 0 }],
    [
      { tasks: 1, from: "x" },
      { tasks: 1, from: { action: "x" } },
    ],
  ])("makes of %j the fan-out %j", (options, fanout) => {
    expect(buildRequest("a", options, {})).toEqual({ action: "a", fanout });
  });
});
