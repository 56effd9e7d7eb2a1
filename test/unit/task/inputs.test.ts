import type { Context } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { loadInputs } from "../../../services/task/inputs.ts";
import { failedLine } from "../../../services/task/record.ts";
import { chunkSpec, recordOf } from "../support/chunks.ts";
import { untried } from "../support/executions.ts";
import { stagePlan } from "../support/plans.ts";
import { tasks } from "../support/stages.ts";

const range = { kind: "range", as: "page", start: 1, step: 1, batch: 0, items: 3 } as const;
const slice = { kind: "slice", slice: 7, offset: 2 } as const;
const piece = { kind: "piece", key: "job/e1/0/0", name: "e/1.0.0", offset: 5 } as const;

describe("loadInputs", () => {
  it("counts ranges out and asks nobody", async () => {
    const spec = chunkSpec({
      first: 4,
      size: 5,
      slices: [tasks(4, 2), { first: 6, count: 3, bytes: 0, source: range }],
      plan: stagePlan({ payload: { a: 1 } }),
    });
    const { tasks: given, inputOf } = await loadInputs(answering({}), spec);
    expect(given.map(({ index }) => inputOf(index))).toEqual([
      { a: 1 },
      { a: 1 },
      { a: 1, page: 1 },
      { a: 1, page: 2 },
      { a: 1, page: 3 },
    ]);
    expect(given[0]).toEqual({
      index: 4,
      parent: null,
      origin: 4,
      attempts: 0,
      readyAt: 0,
      startedAt: null,
      spentMs: 0,
    });
  });

  it("fetches values that the job keeps", async () => {
    const spec = chunkSpec({ size: 2, slices: [{ first: 0, count: 2, bytes: 9, source: slice }] });
    const ctx = answering({ items: { head: { as: "row" }, lines: ['{"id":1}', "[2]"] } });
    const { inputOf } = await loadInputs(ctx, spec);
    expect([inputOf(0), inputOf(1)]).toEqual([{ row: { id: 1 } }, { row: [2] }]);
    expect(ctx.asked).toEqual([["Job", "job", "items", { slice: 7, offset: 2, count: 2 }]]);
  });

  it("fetches what an earlier stage passed on, with parent and origin", async () => {
    const slices = [{ first: 0, count: 2, bytes: 9, source: piece }];
    const spec = chunkSpec({ stage: 1, size: 2, slices });
    const lines = ['[3,1,{"item":"a,b"}]', "[12,7,{}]"];
    const ctx = answering({ seeds: { head: null, lines } });
    const { tasks: given, inputOf } = await loadInputs(ctx, spec);
    expect(given.map(({ index, parent, origin }) => [index, parent, origin])).toEqual([
      [0, 3, 1],
      [1, 12, 7],
    ]);
    expect([inputOf(0), inputOf(1)]).toEqual([{ item: "a,b" }, {}]);
    expect(ctx.asked[0]![1]).toBe("job/e1/0/0");
  });

  it("fetches what pages of a source passed on, as tasks without a parent", async () => {
    const slices = [{ first: 40, count: 2, bytes: 9, source: piece }];
    const spec = chunkSpec({ stage: 0, first: 40, size: 2, slices });
    const lines = ['[3,3,{"item":1}]', '[3,3,{"item":2}]'];
    const { tasks: given, inputOf } = await loadInputs(
      answering({ seeds: { head: null, lines } }),
      spec,
    );
    expect(given).toEqual([untried(40), untried(41)]);
    expect(inputOf(41)).toEqual({ item: 2 });
  });

  it("fetches what tasks that run again were given, page by page", async () => {
    const source = { kind: "again", last: 90, status: "FAILED", indexes: [12, 90] } as const;
    const slices = [{ first: 12, count: 2, bytes: 0, source }];
    const spec = chunkSpec({ generation: 3, first: 12, size: 2, slices });
    const error = { code: "NO", message: "a,b" };
    const record = { ...recordOf(12), attempts: 3, origin: 2, parent: 5 };
    const pages = [
      { head: { hasMore: true }, lines: [failedLine(record, error, '{"deep":{"a":[1]}}')] },
      { head: { hasMore: false }, lines: [failedLine({ ...record, index: 90 }, error, "null")] },
    ];
    const ctx = answering({ again: () => pages.shift() });
    const { tasks: given, inputOf } = await loadInputs(ctx, spec);
    expect(given).toEqual([
      { ...untried(12), origin: 2, parent: 5 },
      { ...untried(90), origin: 2, parent: 5 },
    ]);
    (inputOf(12) as { deep: { a: number[] } }).deep.a.push(2);
    expect([inputOf(12), inputOf(90)]).toEqual([{ deep: { a: [1] } }, null]);
    const asked = { to: 90, before: 3, status: "FAILED", indexes: [12, 90] };
    expect(ctx.asked).toEqual([
      ["Data", "job/e1/0/0", "again", { from: 12, ...asked }],
      ["Data", "job/e1/0/0", "again", { from: 13, ...asked }],
    ]);
  });

  it("fetches a payload that is kept on its own", async () => {
    const spec = chunkSpec({ size: 1, plan: stagePlan({ payload: null }) });
    const { inputOf } = await loadInputs(answering({ payload: { long: "x" } }), spec);
    expect(inputOf(0)).toEqual({ long: "x" });
  });

  it("lets an item win over a payload's field of the same name", async () => {
    const slices = [{ first: 0, count: 3, bytes: 0, source: range }];
    const spec = chunkSpec({ size: 3, slices, plan: stagePlan({ payload: { page: 0 } }) });
    expect((await loadInputs(answering({}), spec)).inputOf(2)).toEqual({ page: 3 });
  });

  it.each([{ a: 1, b: "x" }, { a: { deep: [1] } }, { a: null }])(
    "gives a fresh value each time, so that no task sees what another did to %j",
    async (payload) => {
      const lines = ['{"id":1}'];
      const slices = [{ first: 0, count: 1, bytes: 9, source: slice }];
      const spec = chunkSpec({ size: 1, slices, plan: stagePlan({ payload }) });
      const ctx = answering({ items: { head: { as: "row" }, lines } });
      const { inputOf } = await loadInputs(ctx, spec);
      const first = inputOf(0) as { a: unknown; row: { id: number }; more?: number };
      if (typeof first.a === "object" && first.a) Object.assign(first.a, { spoilt: true });
      first.row.id = 99;
      first.more = 1;
      first.a = "spoilt";
      expect(inputOf(0)).toEqual({ ...payload, row: { id: 1 } });
    },
  );
});

// --- internal ---

/** A context that answers calls by their method, and keeps what it was asked. */
function answering(answers: Readonly<Record<string, unknown>>) {
  const asked: unknown[][] = [];
  const genericCall = async (call: Record<"service" | "key" | "method" | "parameter", unknown>) => {
    asked.push([call.service, call.key, call.method, call.parameter]);
    const answer = answers[String(call.method)];
    return typeof answer === "function" ? (answer as () => unknown)() : answer;
  };
  return { asked, genericCall } as unknown as Context & { asked: typeof asked };
}
