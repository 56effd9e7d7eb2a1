import { describe, expect, it } from "vitest";
import type { ActionContext } from "../../services/actions.ts";
import type { Task } from "../../services/contract/task.ts";
import { probe } from "../../services/samples/probe.ts";

function run(
  input: unknown,
  { signal = new AbortController().signal, ...task }: Partial<Task & ActionContext> = {},
) {
  const given = {
    jobId: "job",
    stage: 0,
    index: 7,
    taskId: "job/0/7",
    parent: null,
    origin: 7,
    generation: 1,
    attempt: 1,
    action: "probe",
    ...task,
    input: probe.input!.parse(input) as never,
  };
  return probe.run(given, { signal, log: () => undefined, progress: () => undefined });
}

describe("probe", () => {
  it("returns its index and its item", async () => {
    expect(await run({ item: { a: 1 }, other: "ignored" })).toEqual({ index: 7, item: { a: 1 } });
    expect(JSON.stringify(await run({}))).toBe('{"index":7}');
  });

  it("takes as long as asked", async () => {
    const before = performance.now();
    await run({ sleepMs: 30 });
    expect(performance.now() - before).toBeGreaterThanOrEqual(28);
  });

  it("stops sleeping when its signal is aborted", async () => {
    const signal = AbortSignal.timeout(10);
    await expect(run({ sleepMs: 60_000 }, { signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("fails the first attempts so that they are tried again", async () => {
    const failing = run({ failAttempts: 2 }, { attempt: 2 });
    await expect(failing).rejects.toMatchObject({ name: "RetryableError" });
    expect(await run({ failAttempts: 2 }, { attempt: 3 })).toMatchObject({ index: 7 });
  });

  it("fails chosen tasks for good", async () => {
    const failing = run({ failIndexes: [3, 7] });
    await expect(failing).rejects.toMatchObject({ name: "TerminalError" });
    expect(await run({ failIndexes: [3, 7] }, { index: 4 })).toMatchObject({ index: 4 });
  });

  it("pads its result", async () => {
    const result = JSON.stringify(await run({ bytes: 1_000 }));
    expect(result.length).toBeGreaterThan(1_000);
    expect(result.length).toBeLessThan(1_100);
  });

  it("gives as many tasks as asked to the next stage", async () => {
    const items = [
      { parent: 7, n: 0 },
      { parent: 7, n: 1 },
    ];
    const result = { index: 7, item: "x" };
    expect(await run({ item: "x", emit: 2 })).toEqual({
      $emit: { result, fanout: { foreach: { items } } },
    });
    expect(await run({ item: "x", emit: 0 })).toEqual({
      $emit: { result, fanout: { foreach: { items: [] } } },
    });
  });

  it.each([{ sleepMs: -1 }, { sleepMs: "1" }, { failIndexes: 3 }, { emit: 1.5 }, { bytes: -1 }])(
    "refuses %j",
    (input) => {
      expect(probe.input!.safeParse(input).success).toBe(false);
    },
  );
});
