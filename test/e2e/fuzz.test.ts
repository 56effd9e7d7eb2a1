import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { CALL_ERRORS, JobHandle, JobOutcome, JobRequest } from "../../services/contract/index.ts";
import { echo, nap, refuse } from "../support/actions.ts";
import { reproducibly } from "../support/fuzz.ts";
import type { Answer } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { garbage, goodRequests, oddRequests } from "../support/requests.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const { admin, job, post } = await startTestFanfold({ actions: [echo, nap, refuse] });

interface Sent {
  readonly raw: string;
  /** nothing is wrong with it */
  readonly isGood: boolean;
}

const good = goodRequests(["echo", "nap", "refuse"]);
const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 7,
    arbitrary: good.map((request) => ({ raw: JSON.stringify(request), isGood: true })),
  },
  {
    weight: 9,
    arbitrary: oddRequests(good).map((odd) => ({ raw: JSON.stringify(odd) ?? "?", isGood: false })),
  },
  { weight: 4, arbitrary: garbage.map((raw) => ({ raw, isGood: false })) },
);

const REQUESTS = isReplayed ? 500 : 2_000;
/** The more there are, the more of them the server takes in one go. */
const AT_ONCE = 64;
/** Of those that are accepted, so many are looked at more closely. */
const ONE_IN = 10;
const PATIENCE_MS = 150_000;

it(
  "answers whatever is asked with a handle or a documented refusal, and ends every job",
  async () => {
    const tally = new Map<string, number>();
    const begun: [JobClient, Sent][] = [];
    await reproducibly(async ({ seed }) => {
      console.log(`fuzz: FC_SEED=${seed}`);
      await eachOf(fc.sample(sent, { seed, numRuns: REQUESTS }), async (request) => {
        const one = job();
        const word = await submitAndCancel(one, request);
        tally.set(word, (tally.get(word) ?? 0) + 1);
        if (word === "200") begun.push([one, request]);
      });
      await eachOf([...begun.entries()], async ([at, [one, request]]) => {
        await expectEnded(one, request);
        if (at % ONE_IN === 0) await expectReadable(one, request);
        await purge(one, request);
      });
    });
    console.log(`fuzz: ${JSON.stringify(Object.fromEntries(tally))}`);
    expect(tally.get("200")).toBeGreaterThan(REQUESTS / 4);
    expect(tally.get("400 INVALID_REQUEST")).toBeGreaterThan(REQUESTS / 10);
  },
  PATIENCE_MS,
);

it("is well afterwards", async () => {
  const outcome = await job().run({ action: "echo", fanout: { tasks: 1_000 } });
  expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { SUCCEEDED: 1_000 } });
  // Thousands of jobs have told the list of their end.
  await vi.waitFor(async () => expect(await admin.invocations()).toEqual([]), { timeout: 50_000 });
});

// --- internal ---

const GONE = "404 JOB_NOT_FOUND";
const REFUSALS = new Set(
  Object.entries(CALL_ERRORS)
    .filter(([, { status }]) => status < 500)
    .map(([code, { status }]) => `${status} ${code}`),
);

async function eachOf<One>(all: readonly One[], use: (one: One) => Promise<void>): Promise<void> {
  const rest = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const one of rest) await use(one);
    }),
  );
}

/** The answer's status and code. */
async function submitAndCancel(one: JobClient, request: Sent): Promise<string> {
  const { raw, isGood } = request;
  const answer = await post(one.path("submit"), undefined, { raw });
  const word = wordOf(answer);
  if (!answer.ok) {
    expect(REFUSALS, raw).toContain(word);
    expect(isGood, raw).toBe(false);
    return word;
  }
  expect(JobHandle.parse(answer.body).jobId).toBe(one.id);
  expect(JobRequest.safeParse(JSON.parse(raw)).success, raw).toBe(true);
  const cancelled = wordOf(await post(one.path("cancel")));
  expect(["409 JOB_ENDED", ...kept(request)], raw).toContain(cancelled);
  return word;
}

async function expectEnded(one: JobClient, request: Sent): Promise<void> {
  const answer = await post(one.path("outcome"));
  expect(kept(request), request.raw).toContain(wordOf(answer));
  if (!answer.ok) return;
  const { taskCounts, tookMs } = JobOutcome.parse(answer.body);
  const { total, SUCCEEDED, FAILED, CANCELLED } = taskCounts;
  expect(SUCCEEDED + FAILED + CANCELLED, request.raw).toBe(total);
  expect(tookMs, request.raw).toBeGreaterThanOrEqual(0);
}

async function expectReadable(one: JobClient, request: Sent): Promise<void> {
  const answers = [
    await post(one.path("results"), { stage: 0, limit: 10 }),
    await post(one.path("verify")),
    await post(one.path("timeline")),
  ];
  for (const answer of answers) {
    expect(kept(request), request.raw).toContain(wordOf(answer));
    if (answer.ok) expect(answer.body).not.toMatchObject({ ok: false });
  }
}

async function purge(one: JobClient, request: Sent): Promise<void> {
  expect(kept(request), request.raw).toContain(wordOf(await post(one.path("purge"))));
}

/** Its job is there; a body that was changed may say that it is kept for no time at all. */
const kept = ({ isGood }: Sent) => (isGood ? ["200"] : ["200", GONE]);
const wordOf = (answer: Answer) => (answer.ok ? "200" : `${answer.status} ${answer.code}`);
