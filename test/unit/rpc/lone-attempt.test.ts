import { afterEach, describe, expect, it } from "vitest";
import { action } from "../../../services/actions.ts";
import { loneAttempt } from "../../../services/rpc/lone-attempt.ts";
import { admission } from "../../../services/task/executor/admission.ts";
import { drain } from "../../../services/task/executor/shutdown.ts";
import { LEFT } from "../../../services/task/outlast.ts";

afterEach(() => admission.open());

describe("a single call in a process that ends", () => {
  it("is waited for", async () => {
    const { answer, finish } = called();
    const draining = drain(60_000);
    finish("done");
    expect(await answer).toMatchObject({ ok: true, json: '"done"' });
    await draining;
  });

  it("is left to the next process when it takes too long, and is asked to stop", async () => {
    const { answer, signals } = called();
    await drain(0);
    expect(await answer).toEqual(LEFT);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("is left to it at once when it waits for a place", async () => {
    admission.open(1);
    const { finish } = called();
    const { answer, signals } = called();
    const draining = drain(60_000);
    expect(await answer).toEqual(LEFT);
    expect(signals).toEqual([]);
    finish("the first");
    await draining;
  });

  it("is left to it at once when it comes too late", async () => {
    await drain(0);
    const { answer, signals } = called();
    expect(await answer).toEqual(LEFT);
    expect(signals).toEqual([]);
  });
});

// --- internal ---

/** A call that ends when it is told to. */
function called() {
  const { promise, resolve: finish } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const patient = action({
    name: "patient",
    run: (_, { signal }) => {
      signals.push(signal);
      return promise;
    },
  });
  const givenUp = new AbortController().signal;
  const answer = loneAttempt(patient, task, { givenUp, isSuspect: false, spans: null });
  return { answer, finish, signals };
}

const task = {
  jobId: "inv_1",
  stage: 0,
  index: 0,
  taskId: "inv_1/0/0",
  parent: null,
  origin: 0,
  generation: 1,
  attempt: 1,
  action: "patient",
  input: {},
};
