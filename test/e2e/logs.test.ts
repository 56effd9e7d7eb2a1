import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { eventually } from "../support/eventually.ts";
import { httpClient } from "../support/http.ts";
import { jobClient } from "../support/job-client.ts";
import { isReplayed } from "../support/test-fanfold.ts";
import { startReceiver } from "../support/webhook-receiver.ts";

const fixture = (name: string) => join(import.meta.dirname, "..", "fixtures", name);
const receiver = await startReceiver();
const dataDir = mkdtempSync(join(tmpdir(), "logs-test-"));

const fanfold = fork(fixture("outspoken.ts"), [dataDir], {
  execArgv: [],
  env: {
    ...process.env,
    FANFOLD_LOG: "info",
    FANFOLD_ACTIONS: fixture("talkative-actions.ts"),
    FANFOLD_WEBHOOK_ALLOW: receiver.host,
  },
  stdio: ["ignore", "pipe", "pipe", "ipc"],
});
/** On standard output: that is for data. */
let printed = "";
fanfold.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
let logged = "";
fanfold.stderr?.on("data", (chunk: Buffer) => (logged += chunk.toString()));
const [{ ingressUrl }] = (await once(fanfold, "message")) as [{ ingressUrl: string }];
const stopped = async () => {
  if (fanfold.exitCode !== null) return;
  fanfold.send("stop");
  await once(fanfold, "exit");
};
afterAll(async () => {
  await stopped();
  rmSync(dataDir, { recursive: true });
});

const http = httpClient(ingressUrl);

describe("the log of a worker", () => {
  it("says once of a job that it was submitted, what was done to it, and how it ended", async () => {
    const job = jobClient(http, "steered");
    await job.submit({
      action: "probe",
      payload: { sleepMs: 1 },
      open: true,
      fanout: { tasks: 20 },
    });
    await job.pause();
    await job.setLimits({ concurrency: 5 });
    await job.resume();
    await job.append({ fanout: { tasks: 10 } });
    await job.seal();
    await job.outcome();
    await ended(job.id);
    expect(linesOf(job.id).map(({ handler, msg }) => [handler, msg])).toEqual([
      ["submit", "The job was submitted."],
      ["pause", "The job is paused."],
      ["setLimits", "The job's limits are changed."],
      ["resume", "The job goes on."],
      [expect.any(String), "The job has ended."],
    ]);
    expect(linesOf(job.id).at(-1)).toMatchObject({
      level: "info",
      service: "Job",
      key: "steered",
      invocationId: expect.stringMatching(/^inv_/),
      status: "SUCCEEDED",
      tasks: 30,
      succeeded: 30,
      failed: 0,
    });
  });

  it("has what actions say, with task, attempt and invocation", async () => {
    const job = jobClient(http, "talkative");
    const retry = { initialInterval: "1ms" } as const;
    await job.run({ action: "talkative", payload: { failures: 1 }, fanout: { tasks: 2 }, retry });
    await ended(job.id);
    const said = linesOf(job.id).filter(({ msg }) => msg === "task 1 begins");
    for (const attempt of [1, 2]) {
      const [line] = said.filter((one) => one.attempt === attempt);
      expect(line).toMatchObject({
        level: "info",
        invocationId: expect.stringMatching(/^inv_/),
        stage: 0,
        taskId: "talkative/0/1",
        action: "talkative",
      });
    }
    // A task that was cut off by a suspension runs again.
    if (!isReplayed) expect(said).toHaveLength(2);
  });

  it("has what durable actions say once, however often they are put aside", async () => {
    const job = jobClient(http, "patient");
    await job.run({ action: "patient", fanout: { tasks: 3 } });
    await ended(job.id);
    for (const index of [0, 1, 2]) {
      const taskId = `patient/0/${index}`;
      const said = linesOf(job.id).filter((line) => line.taskId === taskId);
      expect(said).toEqual([
        expect.objectContaining({ level: "info", service: "patient", index, msg: "it begins" }),
        expect.objectContaining({ level: "warn", stage: 0, attempt: 1, msg: "it goes on" }),
      ]);
    }
  });

  it("tells of a process that died, and of the task that is to blame", async () => {
    const job = jobClient(http, "deadly");
    await job.submit({ action: "deadly", fanout: { tasks: 1 } });
    // Seven deaths of the process, and the pauses between them.
    await vi.waitFor(() => job.outcome(), { timeout: 100_000 });
    await ended(job.id);
    const place = { service: "Runner", handler: "run", stage: 0, chunk: 0 };
    const died = "The process that ran this chunk has died; tasks without outcome run again.";
    const lines = linesOf(job.id).filter(({ service }) => service === "Runner");
    expect(lines.filter(({ msg }) => msg === died).length).toBeGreaterThanOrEqual(4);
    expect(lines.filter(({ msg }) => msg !== died)).toEqual([
      expect.objectContaining({ ...place, level: "error", taskId: "deadly/0/0" }),
    ]);
  }, 120_000);

  it("tells of a webhook that nobody took, and not where it was to go", async () => {
    const gone = receiver.path(410);
    const job = jobClient(http, "untold");
    await job.run({ action: "probe", fanout: { tasks: 1 }, onComplete: [{ webhook: gone.url }] });
    const line = await eventually(async () => {
      const [found] = linesOf(job.id).filter(({ service }) => service === "Notify");
      expect(found).toBeDefined();
      return found;
    });
    expect(line).toMatchObject({
      level: "warn",
      handler: "deliver",
      attempts: 1,
      msg: "A receiver was not told: The receiver answered 410.",
    });
    expect(logged).not.toContain(receiver.host);
  });

  it("has no more lines for more tasks, and nothing of what they are given and give back", async () => {
    const job = jobClient(http, "large");
    await job.run({ action: "probe", payload: { item: "in-and-out" }, fanout: { tasks: 5_000 } });
    await ended(job.id);
    expect(linesOf(job.id)).toHaveLength(2);
    expect(logged).not.toContain("in-and-out");
  });

  it("tells when the process is to end, and is all that is written: JSON, on standard error", async () => {
    await stopped();
    expect(lines().slice(-2)).toMatchObject([
      { level: "info", attempts: 0, msg: "The process is to end: nothing starts any more." },
      { level: "info", givenUp: 0, msg: "What ran has ended, or runs again elsewhere." },
    ]);
    expect(printed).toBe("");
  });
});

// --- internal ---

interface Line {
  readonly jobId?: string;
  readonly taskId?: string;
  readonly attempt?: number;
  readonly service?: string;
  readonly handler?: string;
  readonly msg: string;
}

function lines(): Line[] {
  return logged
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

const linesOf = (jobId: string) => lines().filter((line) => line.jobId === jobId);

/** What is printed comes through a pipe. */
const ended = (jobId: string) =>
  eventually(async () => {
    expect(linesOf(jobId).map(({ msg }) => msg)).toContain("The job has ended.");
  });
