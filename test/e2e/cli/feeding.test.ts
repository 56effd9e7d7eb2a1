import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { count } from "../../../clients/cli/render/numbers.ts";
import { connect } from "../../../clients/client/index.ts";
import { action } from "../../../services/actions.ts";
import { echo } from "../../support/actions.ts";
import { cliFor } from "../../support/cli.ts";
import { gather } from "../../support/gather.ts";
import { startTestFanfold } from "../../support/test-fanfold.ts";

/** Remembers which line became which task: a task that runs again says the same again. */
const lineOf: number[] = [];
const remember = action<{ item: { n: number } }, null>({
  name: "remember",
  run: ({ index, input }) => {
    lineOf[index] = input.item.n;
    return null;
  },
});
/** Takes any item and keeps nothing of it. */
const swallow = action({ name: "swallow", run: () => null });

const { ingressUrl, job, newJobId } = await startTestFanfold({
  actions: [echo, remember, swallow],
});
const { run, start } = cliFor(ingressUrl);
const client = connect({ ingressUrl });

const folder = mkdtempSync(join(tmpdir(), "fanfold-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

const LINES = 200_000;
/** More of them, at 10 KB, than the memory that a process is given. */
const LARGE_LINES = 4_000;
const numbered = (count: number) => Array.from({ length: count }, (_, n) => JSON.stringify({ n }));

/** Until a job has so many tasks. */
const hasTasks = (id: string, least: number) =>
  vi.waitFor(
    async () => {
      const { stages } = await job(id).status();
      expect(stages[0]?.counts.total).toBeGreaterThanOrEqual(least);
    },
    { timeout: 60_000, interval: 20 },
  );

it(`makes exactly one task of each of ${LINES} lines, though it is killed and started again`, async () => {
  const path = fileOf("many.ndjson", numbered(LINES));
  const id = newJobId();
  const command = ["submit", "remember", "--id", id, "--items", path, "--fold", "none"];
  for (const least of [1, LINES / 4]) {
    const { child, ended } = start(command);
    await hasTasks(id, least);
    child.kill("SIGKILL");
    await ended;
  }
  const { code, stdout, stderr } = await run(...command);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${id}\n` });
  expect(stderr).toContain(
    `Job ${id}: if this is interrupted, the same command with --id ${id} goes on.`,
  );
  expect(stderr).toContain(`${count(LINES)} items, ${count(LINES)} tasks in all.`);

  expect(await job(id).outcome()).toMatchObject({ taskCounts: { SUCCEEDED: LINES } });
  expect(lineOf).toEqual([...Array(LINES).keys()]);
}, 180_000);

it("does not hold a file in memory", async () => {
  const padding = "x".repeat(10_000);
  const path = fileOf(
    "large.ndjson",
    Array.from({ length: LARGE_LINES }, (_, n) => JSON.stringify({ n, padding })),
  );
  const command = ["submit", "swallow", "--id", newJobId(), "--items", path, "--watch"];
  const small = { NODE_OPTIONS: "--max-old-space-size=32 --max-semi-space-size=1" };
  const { code, stderr } = await start(command, { env: small }).ended;
  expect(stderr).toContain(`${count(LARGE_LINES)} tasks succeeded`);
  expect(code).toBe(0);
}, 120_000);

it("says after Ctrl-C how to go on, and goes on", async () => {
  const id = newJobId();
  const command = ["submit", "echo", "--id", id, "--items", "-"];
  const { child, ended } = start(command);
  child.stdin?.write(`${numbered(15_000).join("\n")}\n`);
  await hasTasks(id, 10_000);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toContain(
    `Interrupted: the same command with --id ${id} goes on, fanfold cancel ${id} ends the job.`,
  );

  const again = await start([...command, "--json"], {
    input: numbered(15_001).join("\n"),
  }).ended;
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual({ jobId: id, accepted: 15_001, total: 15_001 });
  expect(await job(id).outcome()).toMatchObject({ taskCounts: { SUCCEEDED: 15_001 } });
});

it("refuses another file in the same job", async () => {
  const id = newJobId();
  const submit = (path: string) => run("submit", "echo", "--id", id, "--items", path);
  await submit(fileOf("one.ndjson", ["1", "2"]));
  const { code, stderr } = await submit(fileOf("other.ndjson", ["1", "3"]));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error APPEND_CONFLICT: .+\. Append what changed under another/m);
  expect(await job(id).outcome()).toMatchObject({ taskCounts: { total: 2 } });
});

it("stops at a line that is no JSON, and goes on when it is mended", async () => {
  const id = newJobId();
  const command = (path: string) => ["submit", "echo", "--id", id, "--items", path];
  const bad = fileOf("bad.ndjson", ["1", "2", "3"].with(1, "{"));
  const { code, stderr } = await run(...command(bad));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error USAGE: Line 2 of .*bad\.ndjson is no JSON: /m);
  await run(...command(fileOf("bad.ndjson", ["1", "2", "3"])));
  expect(await job(id).outcome()).toMatchObject({ taskCounts: { SUCCEEDED: 3 } });
});

it("starts nothing of a file that cannot be read", async () => {
  const id = newJobId();
  const missing = join(folder, "missing.ndjson");
  const { code, stderr } = await run("submit", "echo", "--id", id, "--items", missing);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error ENOENT: No such file or directory, open '.*missing\.ndjson'\.$/m);
  await expect(job(id).status()).rejects.toThrow("JOB_NOT_FOUND");
});

it("feeds an open job from files, each of them once, and seals it", async () => {
  const id = newJobId();
  expect(await run("submit", "echo", "--id", id, "--open", "--label", "team=crm")).toMatchObject({
    code: 0,
  });
  const rows = fileOf("rows.csv", ["name,city", "Ada,London", 'Grace,"New York"']);
  const append = (...args: string[]) => run("append", id, ...args);
  expect(await append("--items", rows, "--as", "person")).toMatchObject({ stdout: "2\n" });
  expect(await append("--items", rows, "--as", "person")).toMatchObject({ stdout: "2\n" });
  const nameless = () => start(["append", id, "--items", "-"], { input: "17" }).ended;
  expect(await nameless()).toMatchObject({ stdout: "3\n" });
  expect(await nameless()).toMatchObject({ stdout: "4\n" });
  expect(await run("seal", id)).toMatchObject({ code: 0 });

  await job(id).outcome();
  const outcomes = await gather(client.job(id).results());
  expect(outcomes.map(({ result }) => result)).toEqual([
    { person: { name: "Ada", city: "London" } },
    { person: { name: "Grace", city: "New York" } },
    { item: 17 },
    { item: 17 },
  ]);
  expect((await job(id).status()).labels).toEqual({ team: "crm" });
});

it("takes a request from a file or from standard input, with options before it", async () => {
  const request = JSON.stringify({ action: "echo", fanout: { tasks: 2 }, labels: { env: "test" } });
  const path = fileOf("request.json", [request]);
  const id = newJobId();
  const submit = ["submit", "--file", path, "--id", id, "--tasks", "3", "--label", "team=crm"];
  expect(await run(...submit)).toMatchObject({ code: 0, stdout: `${id}\n` });
  expect(await job(id).outcome()).toMatchObject({
    taskCounts: { total: 3 },
    request: { labels: { env: "test", team: "crm" } },
  });

  const plan = await start(["plan", "--file", "-", "--json"], { input: request }).ended;
  expect(JSON.parse(plan.stdout)).toMatchObject({ stages: [{ action: "echo", tasks: 2 }] });
});
