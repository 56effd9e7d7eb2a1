import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Example } from "../../../clients/cli/command.ts";
import { commands } from "../../../clients/cli/commands.ts";
import { connect } from "../../../clients/client/index.ts";
import { CLI } from "../../support/cli.ts";

// The examples of every command's help, run by a shell in the order of the commands: the first starts the
// server that the others talk to.

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "fanfold-examples-"));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [folder, process.env["PATH"]].join(delimiter),
  FANFOLD_DATA_DIR: join(folder, "data"),
  FANFOLD_INGRESS_PORT: "0",
  FANFOLD_ADMIN_PORT: "0",
  FANFOLD_NODE_PORT: "0",
  FANFOLD_ENDPOINT_PORT: "0",
  // Where every step is replayed, the demo counts more mails than it has recipients.
  FANFOLD_TEST_SUSPEND: undefined,
};
let stopServer: () => Promise<number | null>;

function shell(line: string) {
  const child = spawn("bash", ["-c", `set -o pipefail; ${line}`], { cwd: folder, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output: () => output, ended };
}

/** Starts an example that stays, and waits until it is ready; the answer stops it by Ctrl-C. */
async function stays({ line }: Example) {
  const { child, output, ended } = shell(`exec ${line}`);
  const stop = () => {
    child.kill("SIGINT");
    return ended;
  };
  try {
    await vi.waitFor(() => expect(output()).toContain("is ready"), { timeout: 60_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { output, stop };
}

beforeAll(async () => {
  symlinkSync(CLI, join(folder, "fanfold"));
  symlinkSync(join(root, "examples"), join(folder, "examples"));
  const people = ["ada@example.org", "grace@example.org", "konrad@example.com"];
  const line = (email: string) => `${JSON.stringify({ email })}\n`;
  writeFileSync(join(folder, "recipients.ndjson"), people.map(line).join(""));
  writeFileSync(join(folder, "recipients.csv"), `email\n${people.join("\n")}\n`);
  writeFileSync(
    join(folder, "request.json"),
    JSON.stringify({ action: "probe", fanout: { tasks: 3 } }),
  );
});
afterAll(async () => {
  await stopServer?.();
  rmSync(folder, { recursive: true });
});

/** The jobs that the examples speak of. */
async function submitJobs(ingressUrl: string) {
  const client = connect({ ingressUrl });
  const range = { range: { start: 1, stop: 20 } };
  const payload = { failIndexes: [7, 11] };
  const nightly = await client.submit({
    jobId: "nightly",
    action: "probe",
    payload,
    fanout: range,
  });
  await nightly.outcome();
  const slow = { sleepMs: 2_000 };
  await client.submit({
    jobId: "mailing",
    action: "probe",
    payload: slow,
    fanout: { tasks: 100_000 },
    limits: { concurrency: 10 },
  });
  await client.submit({ jobId: "feed", action: "probe", open: true });
}

const STAY = new Set(["up", "worker"]);

describe("the examples of the help", () => {
  it("fanfold up: serves until Ctrl-C", async () => {
    const [example] = commands.find(({ name }) => name === "up")?.examples ?? [];
    if (!example) throw new Error("no example");
    const { output, stop } = await stays(example);
    stopServer = stop;
    const [, ingress, admin] = /ingress (\S+), admin (\S+),/.exec(output()) ?? [];
    env["RESTATE_INGRESS_URL"] = ingress;
    env["RESTATE_ADMIN_URL"] = admin;
    await submitJobs(String(ingress));
  });

  const others = commands.filter(({ name }) => !STAY.has(name));
  it.each(
    others.flatMap(({ examples }) => examples.map((example) => [example.line, example] as const)),
  )("%s", async (_line, { line, exits = 0 }) => {
    const { output, ended } = shell(line);
    const code = await ended;
    expect({ code, output: output() }).toMatchObject({ code: exits });
  });

  it("fanfold worker: serves until Ctrl-C, and so does fanfold up", async () => {
    for (const example of commands.find(({ name }) => name === "worker")?.examples ?? []) {
      const { stop } = await stays(example);
      expect(await stop()).toBe(example.exits);
    }
    expect(await stopServer()).toBe(130);
  });
});
