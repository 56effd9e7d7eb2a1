import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, it } from "vitest";
import { action, TerminalError } from "../../../services/actions.ts";
import type { JobSummary } from "../../../services/contract/job-list.ts";
import { gated } from "../../support/actions.ts";
import { CLI, cliFor } from "../../support/cli.ts";
import { startTestFanfold } from "../../support/test-fanfold.ts";

const halve = action<{ item: number }, unknown>({
  name: "halve",
  run: ({ input: { item } }) => {
    if (item % 2 === 1) throw new TerminalError(`${item} is "odd"`, { code: "ODD" });
    return { half: item / 2, text: "a, b\nc" };
  },
});
const gate = gated();

const { ingressUrl, job } = await startTestFanfold({ actions: [halve, gate] });
const { run, onTerminal } = cliFor(ingressUrl);
const folder = mkdtempSync(join(tmpdir(), "fanfold-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Five tasks of which two failed. */
const ended = "halves";
/** Waits for its gate, and for more. */
const open = "open";

beforeAll(async () => {
  await job(ended).run({
    action: "halve",
    fanout: { range: { start: 0, stop: 4 } },
    labels: { team: "crm" },
  });
  await job(open).submit({
    action: "gated",
    payload: { gate: open },
    fanout: { tasks: 2 },
    open: true,
  });
});
afterAll(async () => {
  gate.open(open);
  await job(open).seal();
  await job(open).outcome();
});

const lines = (text: string) => text.split("\n").filter(Boolean);
const parsed = (text: string) => lines(text).map((line) => JSON.parse(line) as unknown);

it("prints results as NDJSON, filtered, and from a cursor on", async () => {
  const all = await run("results", ended);
  expect(all).toMatchObject({ code: 0, stderr: "" });
  expect(parsed(all.stdout)).toMatchObject([
    { index: 0, status: "SUCCEEDED", result: { half: 0 } },
    { index: 1, status: "FAILED", error: { code: "ODD" }, input: { item: 1 } },
    { index: 2, status: "SUCCEEDED" },
    { index: 3, status: "FAILED" },
    { index: 4, status: "SUCCEEDED", result: { half: 2 } },
  ]);
  const failed = await run("results", ended, "--status", "FAILED", "--cursor", "2", "--json");
  expect(parsed(failed.stdout)).toMatchObject([{ index: 3 }]);
});

it("prints results as CSV that reads back, into a file too", async () => {
  const path = join(folder, "halves.csv");
  expect(await run("results", ended, "--csv", "--output", path)).toMatchObject({ stdout: "" });
  const { stdout } = await run("results", ended, "--csv");
  expect(readFileSync(path, "utf8")).toBe(stdout);
  const rows = parse(stdout, { columns: true });
  expect(rows).toHaveLength(5);
  expect(rows).toMatchObject([
    { index: "0", status: "SUCCEEDED", result: '{"half":0,"text":"a, b\\nc"}', "error.code": "" },
    { index: "1", status: "FAILED", "error.message": '1 is "odd"', input: '{"item":1}' },
    {},
    {},
    { taskId: `${ended}/0/4`, attempts: "1" },
  ]);
});

it("stops quietly when nobody reads on", async () => {
  const command = `"${process.execPath}" "${CLI}" results ${ended} | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const env = { ...process.env, RESTATE_INGRESS_URL: ingressUrl };
  const [stdout, stderr] = await new Promise<[string, string]>((resolve) => {
    execFile("bash", ["-c", command], { env }, (_error, out, talk) => resolve([out, talk]));
  });
  expect(stderr).toBe("");
  expect(lines(stdout).at(-1)).toBe("0");
});

it("says that a stage still runs, and how to read on", async () => {
  expect(await run("results", open)).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "The stage still runs: --follow waits for the rest, --cursor 0 reads on.\n",
  });
});

it("says where a job stands, in a terminal and elsewhere", async () => {
  const { stdout } = await run("status", ended);
  expect(stdout).toMatch(
    /^halves FAILED \d+\.\d s\nhalve \[=+x+\] 100 % {2}5 of 5, 2 failed\nlabels: team=crm\n$/,
  );
  const json = await run("status", ended, "--json");
  expect(JSON.parse(json.stdout)).toEqual(await job(ended).status());
  const terminal = await onTerminal(["status", ended]).ended;
  expect(terminal.stdout).toContain("\u001b[31m");
  expect(stripVTControlCharacters(terminal.stdout).replaceAll("\r", "")).toBe(stdout);
});

it("says what a job waits for, and which command helps", async () => {
  const { stdout } = await run("why", open);
  expect(stdout).toContain(
    "unsealed  Stage 0 takes more tasks until it is sealed. fanfold seal open\n",
  );
  expect((await run("why", ended)).stdout).toBe("It has ended: nothing.\n");
  expect(JSON.parse((await run("why", ended, "--json")).stdout)).toEqual({ blockers: [] });
});

it("groups failures by their error", async () => {
  const { stdout } = await run("failures", ended);
  expect(lines(stdout)).toEqual([
    '2 ODD 1 is "odd" (stage 0, tasks 1, 3)',
    "fanfold redrive halves runs them again once the job has ended.",
  ]);
  const json = await run("failures", ended, "--json");
  expect(JSON.parse(json.stdout)).toEqual({
    failed: 2,
    groups: [{ stage: 0, code: "ODD", message: '1 is "odd"', count: 2, indexes: [1, 3] }],
  });
});

it("draws when what ran", async () => {
  const { stdout } = await run("timeline", ended);
  expect(stdout).toMatch(/^stage 0 halve: 5 tasks, 1 chunk, 1 worker, \d+\.\d s\n 0-4 x+ /);
  const json = await run("timeline", ended, "--stage", "0", "--json");
  expect(parsed(json.stdout)).toMatchObject([{ stage: 0, first: 0, size: 5, failed: 2 }]);
});

it("counts anew", async () => {
  expect(await run("verify", ended)).toMatchObject({
    code: 0,
    stdout: "ok: 5 outcomes checked, 0 tasks in flight\n",
  });
});

it("lists jobs, the newest first, by status and label", async () => {
  const { stdout } = await run("ls");
  expect(lines(stdout)).toEqual([
    expect.stringMatching(/^job +status +action +started +took +labels$/),
    expect.stringMatching(/^open +RUNNING +gated +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    expect.stringMatching(/^halves +FAILED +halve +\S+ \S+ +\d+\.\d s +team=crm$/),
  ]);
  const ids = async (...args: string[]) =>
    parsed((await run("ls", "--json", ...args)).stdout).map(
      (listed) => (listed as JobSummary).jobId,
    );
  expect(await ids("--status", "RUNNING")).toEqual([open]);
  expect(await ids("--label", "team=crm")).toEqual([ended]);
  expect(await ids("--label", "team=ops")).toEqual([]);
  expect(await ids("--limit", "1")).toEqual([open]);
});

it("says what a request would run, and starts nothing", async () => {
  const { stdout } = await run(
    "plan",
    "halve",
    "--range",
    "1:5000",
    "--next",
    "gated",
    "--id",
    "x",
  );
  expect(lines(stdout)).toEqual([
    "stage  action  tasks  first       last",
    '    0  halve   5,000  {"item":1}  {"item":5000}',
    "    1  gated   ?",
  ]);
  await expect(job("x").status()).rejects.toThrow("JOB_NOT_FOUND");
});

it("answers orders with how the job stands then", async () => {
  expect(await run("pause", open)).toMatchObject({ code: 0, stdout: "open PAUSED\n" });
  const limits = ["--concurrency", "5", "--rate", "50/1s", "--json"];
  expect(JSON.parse((await run("limits", open, ...limits)).stdout)).toEqual({
    jobId: open,
    status: "PAUSED",
    generation: 1,
  });
  expect((await job(open).status()).stages[0]?.concurrency).toBe(5);
  expect(await run("limits", open, "--rate", "none")).toMatchObject({ code: 0 });
  expect(await run("event", open, "approved", '{"by":"ada"}')).toMatchObject({ code: 0 });
  expect(await run("resume", open)).toMatchObject({ stdout: "open RUNNING\n" });
});

it.each([
  [["status", "nobody"], /^Error JOB_NOT_FOUND: There is no job .* See fanfold ls/],
  [["status", "no body"], /^Error INVALID_JOB_ID: /],
  [["pause", ended], /^Error JOB_ENDED: /],
  [["purge", open], /^Error JOB_RUNNING: /],
  [["redrive", ended, "--only", "0"], /^Error TASK_SUCCEEDED: .* Leave that index out/],
  [["event", open, "approved", '{"by":"eve"}'], /^Error EVENT_EXISTS: /],
  [["submit", "nothing", "--tasks", "1"], /^Error UNKNOWN_ACTION: .* fanfold up <module>/],
  [["submit", "halve"], /^Error INVALID_REQUEST: Not valid: fanout is required/],
  [["limits", open], /^Error USAGE: Expected --concurrency or --rate\.\n$/],
  [
    ["limits", open, "--rate", "50"],
    /^Error USAGE: Option '--rate .* See fanfold limits --help\.\n$/,
  ],
  [["append", open], /^Error USAGE: Required option '--items <path>' not specified\. See/],
  [["stat", open], /^Error USAGE: Unknown command 'stat'/],
])("refuses %j in one line", async (args, line) => {
  const { code, stdout, stderr } = await run(...args);
  expect(stderr).toMatch(line);
  expect(lines(stderr)).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

it("says at once that nobody answers", async () => {
  const { code, stderr } = await run("status", ended, "--ingress-url", "http://127.0.0.1:1");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      "Error UNREACHABLE: No answer from http://127.0.0.1:1. Start a server with fanfold up, or name another by --ingress-url.\n",
  });
});
