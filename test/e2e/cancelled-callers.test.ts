import { afterEach, describe, expect, it, vi } from "vitest";
import { durableAction, runJob } from "../../services/index.ts";
import { echo } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

/** Runs a job of an id that it was given. */
const nested = durableAction<{ jobId: string }, string>({
  name: "nested",
  run: async (ctx, { input: { jobId } }) => {
    const { status } = await runJob(ctx, { jobId, action: "echo", fanout: { tasks: 1 } });
    return status;
  },
});

const { job, admin, ingressUrl } = await startTestFanfold({ actions: [echo, nested] });

afterEach(() => vi.restoreAllMocks());

describe("a handler of a job whose caller is cancelled", () => {
  it("ends what it has begun", async () => {
    const one = job();
    const asking = holdQuestions();
    const submitted = one.submit({ action: "echo/run", fanout: { tasks: 2 } });
    await asking.begun;
    const [submit] = await invocationsOf(one.id);
    await admin.cancel(submit!.id);
    asking.goOn();
    expect(await submitted).toMatchObject({ jobId: one.id });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
  });

  it("cancels no job that is another's", async () => {
    const [stranger, parent] = [job(), job()];
    const asking = holdQuestions();
    const submitted = stranger.submit({ action: "echo/run", open: true });
    await asking.begun;
    await parent.submit({
      action: "nested",
      payload: { jobId: stranger.id },
      fanout: { tasks: 1 },
    });
    await eventually(async () => expect(await invocationsOf(stranger.id)).toHaveLength(2));
    await parent.cancel();
    expect(await parent.outcome()).toMatchObject({ status: "CANCELLED" });
    asking.goOn();
    await submitted;
    await eventually(async () => expect(await invocationsOf(stranger.id)).toEqual([]));
    expect(await stranger.status()).toMatchObject({ status: "RUNNING" });
    await stranger.seal();
    expect(await stranger.outcome()).toMatchObject({ status: "SUCCEEDED" });
  });
});

// --- internal ---

/** A question whether there is the handler "echo/run" gets no answer until the test lets it go on. */
function holdQuestions(): { readonly begun: Promise<void>; goOn(): void } {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, options) => {
    if (options?.method === "PUT" && url === `${ingressUrl}/echo/run`) {
      begun.resolve();
      await held.promise;
    }
    return fetch(url, options);
  });
  return { begun: begun.promise, goOn: () => held.resolve() };
}

/** At work for a job, its clocks left out. */
async function invocationsOf(jobId: string): Promise<{ readonly id: string }[]> {
  const rows = await admin.query(
    `select id from sys_invocation where target_service_name = 'Job' and target_service_key = '${jobId}'
     and status <> 'completed' and target_handler_name not in ('expire', 'timer')`,
  );
  return rows.map(({ id }) => ({ id: String(id) }));
}
