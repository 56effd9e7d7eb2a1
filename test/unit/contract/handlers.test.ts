import { describe, expect, it } from "vitest";
import {
  AppendRequest,
  CustomStatusRequest,
  EventRequest,
  OutcomeRequest,
  ResultsRequest,
} from "../../../services/contract/handlers.ts";

const items = (count: number) => Array.from({ length: count }, (_, at) => at);

describe("AppendRequest", () => {
  it.each([
    { fanout: { tasks: 5 } },
    { fanout: { tasks: 5 }, appendId: "a" },
    { fanout: { foreach: { items: items(10_000) } } },
    { fanout: { range: { start: 1, stop: 1_000_000 } } },
  ])("accepts a call like %j", (request) => {
    expect(AppendRequest.safeParse(request).success).toBe(true);
  });

  it.each([
    [{}],
    [{ fanout: { from: { action: "a" } } }],
    [{ fanout: { foreach: { items: items(10_001) } } }],
    [{ fanout: { foreach: { items: items(10_001), batch: 1_000 } } }],
    [{ fanout: { tasks: 1 }, appendId: "" }],
    [{ fanout: { tasks: 1 }, appendId: "x".repeat(129) }],
    [{ fanout: { tasks: 1 }, seal: true }],
  ])("refuses a call like %j", (request) => {
    expect(AppendRequest.safeParse(request).success).toBe(false);
  });
});

describe("OutcomeRequest", () => {
  it.each([{}, { wait: "10m" }, { wait: 0 }, { generation: 1 }])("accepts %j", (request) => {
    expect(OutcomeRequest.safeParse(request).success).toBe(true);
  });

  it.each([{ wait: "11m" }, { wait: -1 }, { generation: 0 }, { timeout: 1 }])(
    "refuses %j",
    (request) => {
      expect(OutcomeRequest.safeParse(request).success).toBe(false);
    },
  );
});

describe("ResultsRequest", () => {
  it.each([{}, { stage: 15, status: "FAILED", cursor: "0", limit: 1_000 }, { cursor: null }])(
    "accepts %j",
    (request) => {
      expect(ResultsRequest.safeParse(request).success).toBe(true);
    },
  );

  it.each([
    { stage: -1 },
    { stage: 16 },
    { status: "failed" },
    { cursor: "-1" },
    { cursor: "a" },
    { cursor: 5 },
    { cursor: "12345678901" },
    { limit: 0 },
    { limit: 1_001 },
    { page: 1 },
  ])("refuses %j", (request) => {
    expect(ResultsRequest.safeParse(request).success).toBe(false);
  });
});

describe("EventRequest", () => {
  it.each([
    { name: "approved" },
    { name: "a".repeat(128), payload: null },
    { name: "__proto__", payload: [1, { a: "b" }] },
    { name: "A-b_c.d:e", payload: "x".repeat(64 * 1024 - 2) },
  ])("accepts %j", (request) => {
    expect(EventRequest.safeParse(request).success).toBe(true);
  });

  it.each([
    {},
    { name: "" },
    { name: 7 },
    { name: "a b" },
    { name: "a/b" },
    { name: "ä" },
    { name: "a\n" },
    { name: "a".repeat(129) },
    { name: "a", payload: "x".repeat(64 * 1024 - 1) },
    { name: "a", payload: "ü".repeat(32 * 1024) },
    { name: "a", to: "b" },
  ])("refuses %j", (request) => {
    expect(EventRequest.safeParse(request).success).toBe(false);
  });
});

describe("CustomStatusRequest", () => {
  it.each([{ text: "half way" }, { text: "" }, { text: null }, { text: "x".repeat(1_000) }])(
    "accepts %j",
    (request) => {
      expect(CustomStatusRequest.safeParse(request).success).toBe(true);
    },
  );

  it.each([{}, { text: 7 }, { text: "x".repeat(1_001) }, { text: "a", more: 1 }])(
    "refuses %j",
    (request) => {
      expect(CustomStatusRequest.safeParse(request).success).toBe(false);
    },
  );
});
