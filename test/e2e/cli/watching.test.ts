import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import { gated } from "../../support/actions.ts";
import { cliFor } from "../../support/cli.ts";
import { eventually } from "../../support/eventually.ts";
import { startTestFanfold } from "../../support/test-fanfold.ts";

const gate = gated();
const { ingressUrl, job } = await startTestFanfold({ actions: [gate] });
const { run, start, onTerminal } = cliFor(ingressUrl);

/** A job of 20 tasks, of which four run until its gate is opened. */
async function waitingJob() {
  const started = job();
  await started.submit({
    action: "gated",
    payload: { gate: started.id },
    fanout: { tasks: 20 },
    limits: { concurrency: 4 },
    cancelGrace: "50ms",
  });
  return started;
}

const contains = (text: () => string, expected: string) =>
  eventually(async () => expect(stripVTControlCharacters(text())).toContain(expected));

describe("watch", () => {
  it("tells in lines of a job that is paused, resumed, cancelled and redriven", async () => {
    const { id, pause, resume, cancel } = await waitingJob();
    const watching = start(["watch", id]);
    await pause();
    await contains(watching.stderr, `${id} PAUSED\n`);
    await resume();
    await contains(watching.stderr, `${id} RUNNING\n`);
    await cancel({ reason: "wrong list" });
    const end = await watching.ended;
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr).not.toContain("\u001b");
    expect(end.stderr).toMatch(
      new RegExp(
        `^Job ${id} CANCELLED \\(wrong list\\) in .* s: 0 of 20 tasks succeeded, 0 failed, 20 cancelled$`,
        "m",
      ),
    );

    const redriving = start(["redrive", id, "--only", "unsucceeded", "--watch"]);
    await contains(redriving.stdout, `${id} RUNNING\n`);
    gate.open(id);
    const again = await redriving.ended;
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/^gated 100 % {2}20 of 20$/m);
    expect(again.stderr).toContain("20 of 20 tasks succeeded");
  });

  it("gives statuses as NDJSON, the last of the end", async () => {
    const { id } = await waitingJob();
    const watching = start(["watch", id, "--json"]);
    await contains(watching.stdout, "\n");
    gate.open(id);
    const { code, stdout } = await watching.ended;
    const statuses = stdout.trim().split("\n");
    expect(code).toBe(0);
    expect((JSON.parse(statuses[0] ?? "") as JobStatus).status).toBe("RUNNING");
    expect(JSON.parse(statuses.at(-1) ?? "")).toMatchObject({
      jobId: id,
      status: "SUCCEEDED",
      stages: [{ percent: 100 }],
    });
  });

  it("draws bars in a terminal, and detaches at Ctrl-C", async () => {
    const { id, pause, status } = await waitingJob();
    const watching = onTerminal(["watch", id]);
    await contains(watching.stdout, `${id} RUNNING`);
    await contains(watching.stdout, "gated [>>>");
    await contains(watching.stdout, "0 of 20, 4 running");
    await pause();
    await contains(watching.stdout, `${id} PAUSED`);
    expect(watching.stdout()).toContain("\u001b[2A");
    expect(watching.stdout()).toContain("\u001b[36m>>>");

    watching.child.stdin?.write("\u0003");
    const { code, stdout } = await watching.ended;
    expect(code).toBe(130);
    expect(stdout).toContain(
      `Detached, the job goes on. Come back: fanfold watch ${id}. End it: fanfold cancel ${id}.`,
    );
    expect(await status()).toMatchObject({ status: "PAUSED" });
    expect(await run("cancel", id, "--reason", "enough")).toMatchObject({ code: 0 });
    expect(await job(id).outcome()).toMatchObject({ status: "CANCELLED", reason: "enough" });
  });

  it("uses no colour where NO_COLOR is set", async () => {
    const { id } = await waitingJob();
    const watching = onTerminal(["watch", id], { NO_COLOR: "1" });
    await contains(watching.stdout, "gated [>>>");
    gate.open(id);
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain("\u001b[3");
    expect(stripVTControlCharacters(stdout)).toContain(
      "gated [==============================] 100 %",
    );
  });

  it("tells of a job that is not there", async () => {
    expect(await run("watch", "nobody")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^Error JOB_NOT_FOUND: .* See fanfold ls for the jobs there are\.\n$/,
      ),
    });
  });
});

describe("submit --watch", () => {
  it("detaches at Ctrl-C too; npm sends the signal twice", async () => {
    const { id } = job();
    const payload = JSON.stringify({ gate: id });
    const args = ["submit", "gated", "--id", id, "--tasks", "1", "--payload", payload, "--watch"];
    const submitting = start(args);
    await contains(submitting.stdout, `${id}\n`);
    submitting.child.kill("SIGINT");
    submitting.child.kill("SIGINT");
    const { code, stderr } = await submitting.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(`Come back: fanfold watch ${id}.`);
    gate.open(id);
    expect(await job(id).outcome()).toMatchObject({ status: "SUCCEEDED" });
  });
});
