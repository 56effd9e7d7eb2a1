import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CLI } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { stepsOf, toMatchShown, type Command } from "../support/tutorial.ts";

// docs/tutorial.md from its first line to its last: files are written, commands are run by a shell, and what they
// print is what the page shows.

const root = join(import.meta.dirname, "../..");
/** Stands for the clone that the reader is in. */
const clone = mkdtempSync(join(tmpdir(), "fanfold-tutorial-"));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [clone, process.env["PATH"]].join(delimiter),
  FANFOLD_INGRESS_PORT: "0",
  FANFOLD_ADMIN_PORT: "0",
  FANFOLD_NODE_PORT: "0",
  FANFOLD_ENDPOINT_PORT: "0",
  FANFOLD_TEST_SUSPEND: undefined,
  npm_config_loglevel: "silent",
  // Nobody is there: a server that somebody else has started is left alone.
  RESTATE_INGRESS_URL: "http://127.0.0.1:1",
};
const steps = stepsOf(readFileSync(join(root, "docs/tutorial.md"), "utf8"));
/** Has been run, or no test would. */
const INSTALL = "npm ci";
/** May be run until there is something to see. */
const LOOKS = /fanfold (results|why) /;
let server: ReturnType<typeof shell>;

function shell(line: string) {
  const child = spawn("bash", ["-c", `exec 2>&1; set -o pipefail; ${line}`], {
    cwd: clone,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output: () => output.trimEnd(), ended };
}

/** As a terminal does it: everything that the command has started hears of it. */
function pressCtrlC({ child }: ReturnType<typeof shell>) {
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGINT");
}

beforeAll(() => {
  for (const name of ["package.json", "node_modules", "services", "clients"]) {
    symlinkSync(join(root, name), join(clone, name));
  }
  symlinkSync(CLI, join(clone, "fanfold"));
});
afterAll(async () => {
  pressCtrlC(server);
  await server.ended;
  rmSync(clone, { recursive: true });
});

describe("docs/tutorial.md", () => {
  it.each(steps.filter(({ name }) => name !== INSTALL))("$name", async (step) => {
    if (step.kind === "file") writeFile(step);
    else if (step.line.startsWith("npm start")) await startServer(step);
    else if (LOOKS.test(step.line)) await eventually(() => run(step));
    else await run(step);
  });

  it("Ctrl-C", async () => {
    pressCtrlC(server);
    expect(await server.ended).toBe(130);
  });
});

// --- internal ---

function writeFile({ name, text }: { readonly name: string; readonly text: string }) {
  mkdirSync(dirname(join(clone, name)), { recursive: true });
  writeFileSync(join(clone, name), text);
}

async function startServer({ line, shown }: Command) {
  server = shell(`exec ${line}`);
  await vi.waitFor(() => expect(server.output()).toMatch(toMatchShown(shown)), { timeout: 50_000 });
  const [ingressUrl] = /(?<=ingress )http:\S+(?=,)/.exec(server.output()) ?? [];
  env["RESTATE_INGRESS_URL"] = ingressUrl;
}

async function run({ line, shown }: Command) {
  const { output, ended } = shell(asRunHere(line));
  const code = await ended;
  expect({ code, output: output() }).toEqual({
    code: 0,
    output: expect.stringMatching(toMatchShown(shown)),
  });
}

/** For this server; by npx in the first command only, since npm takes longer than all the others. */
function asRunHere(line: string): string {
  const here = line.replace("http://127.0.0.1:8080", String(env["RESTATE_INGRESS_URL"]));
  return line.includes("fanfold submit") ? here : here.replace("npx fanfold", "fanfold");
}
