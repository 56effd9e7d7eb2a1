import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startFanfold, type Fanfold } from "../../services/embedded/fanfold.ts";
import { answers, becomesTrue } from "../../services/embedded/poll.ts";
import { isAlive } from "../../services/embedded/process-state.ts";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { startRestate } from "../../services/embedded/server.ts";
import { startWorker } from "../../services/embedded/worker.ts";

const fixture = (name: string) => join(import.meta.dirname, "..", "fixtures", name);
const within = { withinMs: 20_000 };

let temporary: string;
let undo: (() => Promise<unknown> | void)[];

/** Ends something after the test, also when the test fails. */
function ending<T extends { stop(): Promise<void> }>(started: T): T {
  undo.push(() => started.stop());
  return started;
}

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "embedded-test-"));
  vi.stubEnv("TMPDIR", temporary);
  undo = [];
});

afterEach(async () => {
  for (const step of undo.reverse()) await step();
  vi.unstubAllEnvs();
  const left = readdirSync(temporary);
  rmSync(temporary, { recursive: true });
  expect(left).toEqual([]);
});

describe("startRestate", () => {
  it("leaves no process and no folder behind after stop", async () => {
    const server = ending(await startRestate());
    expect(await answers(`${server.ingressUrl}/restate/health`)).toBe(true);
    expect(command(server.pid)).toContain("restate-server");
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
    expect(await server.exited).toMatchObject({ code: 0 });
  });

  it("runs two servers side by side", async () => {
    const servers = await Promise.all([startRestate(), startRestate()]);
    servers.forEach(ending);
    for (const { adminUrl } of servers) expect(await answers(`${adminUrl}/health`)).toBe(true);
  });

  it("says which port is taken and which variable changes it", async () => {
    const port = await takenPort();
    await expect(startRestate({ ports: { admin: port } })).rejects.toThrow(
      `Port ${port} (admin) is taken: set FANFOLD_ADMIN_PORT to a free one.`,
    );
  });

  it("shows the server's own words when it does not start", async () => {
    const env = { RESTATE_DEFAULT_NUM_PARTITIONS: "many" };
    await expect(startRestate({ env })).rejects.toThrow(/ended before it answered.*\n[^]*many/);
  });

  it("refuses data that a running server uses, in one sentence", async () => {
    const dataDir = keptFolder();
    ending(await startRestate({ dataDir }));
    await expect(startRestate({ dataDir })).rejects.toThrow(
      `Fanfold already runs on ${dataDir} (process ${process.pid},`,
    );
  });

  it("finds its data again on other ports, after a stop and after a crash", async () => {
    const dataDir = keptFolder();
    const worker = ending(await startWorker({ entry: fixture("worker.ts") }));
    const first = ending(await startRestate({ dataDir }));
    await registerEndpoint(first.adminUrl, worker.url);
    await first.stop();

    const second = ending(await startRestate({ dataDir }));
    expect(await greet(second)).toContain("Hello");
    await second.kill();
    expect(await second.exited).toMatchObject({ signal: "SIGKILL" });

    const third = ending(await startRestate({ dataDir }));
    expect(await greet(third)).toContain("Hello");
  });

  it("ends with its guard", async () => {
    const server = ending(await startRestate());
    process.kill(parentOf(server.pid), "SIGKILL");
    await server.exited;
    expect(await becomesTrue(() => !isAlive(server.pid), within)).toBe(true);
  });
});

describe("registerEndpoint", () => {
  it("says that nothing answers", async () => {
    const server = ending(await startRestate());
    const nothing = "http://127.0.0.1:1";
    await expect(registerEndpoint(server.adminUrl, nothing)).rejects.toThrow(
      `Restate could not register ${nothing}`,
    );
    await expect(registerEndpoint(nothing, nothing)).rejects.toThrow(
      `Restate's admin API does not answer at ${nothing}.`,
    );
  });
});

describe("startWorker", () => {
  it("starts a killed worker again, at the same address, until it is stopped", async () => {
    const worker = ending(await startWorker({ entry: fixture("worker.ts") }));
    const first = worker.pid();
    await worker.kill();
    const restarted = () => worker.pid() !== undefined && worker.pid() !== first;
    expect(await becomesTrue(restarted, within)).toBe(true);
    expect(worker.restarts()).toBe(1);
    expect(await becomesTrue(() => listens(worker.port), within)).toBe(true);
    await worker.stop();
    expect(worker.pid()).toBeUndefined();
  });

  it("keeps what a worker has compiled for the next one, though it is killed", async () => {
    const folder = keptFolder();
    const env = { NODE_COMPILE_CACHE: folder };
    const worker = ending(await startWorker({ entry: fixture("worker.ts"), env }));
    await worker.kill();
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    expect(found.filter((entry) => entry.isFile())).not.toEqual([]);
  });

  it("says that a worker ended before it was ready", async () => {
    await expect(startWorker({ entry: fixture("dies.ts") })).rejects.toThrow(
      "The worker ended before it was ready (exit code 7).",
    );
  });
});

describe("startFanfold", () => {
  it("serves calls, also after its worker was killed", async () => {
    const fanfold = ending(await startFanfold({ entry: fixture("worker.ts") }));
    const before = await greet(fanfold);
    await fanfold.worker.kill();
    const after = await greet(fanfold);
    expect(after).toContain("Hello");
    expect(after).not.toBe(before);
  });

  it("leaves nothing behind when the endpoint's port is taken", async () => {
    const endpointPort = await takenPort();
    await expect(startFanfold({ entry: fixture("worker.ts"), endpointPort })).rejects.toThrow(
      `Port ${endpointPort} (endpoint) is taken: set FANFOLD_ENDPOINT_PORT to a free one.`,
    );
  });

  it.each(["SIGKILL", "SIGINT"] as const)(
    "leaves nothing behind when its process dies of %s",
    async (signal) => {
      const { parent, pids } = await startParent();
      const [server] = pids;
      pids.push(parentOf(server));
      parent.kill(signal);
      const allGone = () => !pids.some(isAlive) && readdirSync(temporary).length === 0;
      expect(await becomesTrue(allGone, within)).toBe(true);
    },
  );
});

// --- internal ---

async function startParent(): Promise<{
  parent: ChildProcess;
  pids: [number, number, ...number[]];
}> {
  const parent = fork(fixture("parent.ts"), { execArgv: [] });
  undo.push(() => void parent.kill("SIGKILL"));
  const [{ server, worker }] = (await once(parent, "message")) as [Record<string, number>];
  return { parent, pids: [server ?? 0, worker ?? 0] };
}

async function greet({ ingressUrl }: Pick<Fanfold, "ingressUrl">): Promise<string> {
  const response = await fetch(`${ingressUrl}/Greeter/greet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify("you"),
  });
  return response.text();
}

function keptFolder(): string {
  const folder = mkdtempSync(join(temporary, "kept-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function command(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
