import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { dataIsFree } from "./data-lock.ts";
import type { GuardOrder, GuardReport } from "./guard.ts";
import { answers, becomesTrue } from "./poll.ts";
import { claimPorts } from "./ports.ts";
import { serverBinary, serverConfig } from "./server-binary.ts";
import { serverEnvironment, type ServerPorts } from "./server-environment.ts";

export type RestateOptions = {
  /** Kept after the end. Without it the data lives in a temporary folder, removed at the end. */
  readonly dataDir?: string;
  /** 0 or absent: any free port. */
  readonly ports?: Partial<ServerPorts>;
  /** More environment of the server, `RESTATE_…`; beats `restate.toml` and the laptop's sizes. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the server prints is appended here; by default it is only part of errors. */
  readonly logFile?: string;
};

export type ServerExit = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines the server printed. */
  readonly log: string;
};

export type RestateServer = {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  readonly ports: ServerPorts;
  /** Its public key: an endpoint that trusts it serves nobody else. It stays with the data. */
  readonly identityKey: string;
  /** Of the server itself, not of its guard. */
  readonly pid: number;
  /** Ends the server: SIGTERM, and SIGKILL if that takes 10 s. Nothing is left behind. */
  stop(): Promise<void>;
  /** Ends the server by SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Resolves when the server has ended, for whatever reason, and its folders are removed. */
  readonly exited: Promise<ServerExit>;
};

/**
 * Starts a real restate-server and resolves when it answers. It ends with this process, however
 * that ends.
 */
export async function startRestate(options: RestateOptions = {}): Promise<RestateServer> {
  const dataDir = options.dataDir ? resolve(options.dataDir) : null;
  const logFile = options.logFile ? resolve(options.logFile) : null;
  if (dataDir) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    await dataIsFree(dataDir);
  }
  if (logFile) mkdirSync(dirname(logFile), { recursive: true });

  for (let tries = 1; ; tries++) {
    const { ingress, admin, node } = options.ports ?? {};
    const ports = await claimPorts({ ingress, admin, node });
    try {
      return await launch({ ports, dataDir, logFile, env: options.env });
    } catch (error) {
      // Somebody took one of the free ports in the moment between.
      if (tries === 1 && String(error).includes("Address in use")) continue;
      throw error;
    }
  }
}

// --- internal ---

const readyWithinMs = 60_000;

type Launch = Pick<GuardOrder, "dataDir" | "logFile"> & {
  readonly ports: ServerPorts;
  readonly env: RestateOptions["env"] | undefined;
};

async function launch({ ports, env, ...files }: Launch): Promise<RestateServer> {
  const ingressUrl = `http://127.0.0.1:${ports.ingress}`;
  const adminUrl = `http://127.0.0.1:${ports.admin}`;
  const guard = spawnGuard(
    { binary: serverBinary(), config: serverConfig(), ...files, ingressUrl, adminUrl },
    serverEnvironment(process.env, ports, env),
  );
  const { pid, identityKey, exited } = await watch(guard);
  const stop = async () => {
    if (guard.connected) guard.send("stop");
    await exited;
  };

  let ended: ServerExit | undefined;
  void exited.then((exit) => (ended = exit));
  const ready = await becomesTrue(
    async () =>
      ended !== undefined ||
      ((await answers(`${adminUrl}/health`)) && (await answers(`${ingressUrl}/restate/health`))),
    { withinMs: readyWithinMs },
  );
  if (ended) throw endedEarly(ended);
  if (!ready) {
    await stop();
    throw new Error(`The Restate server did not answer within ${readyWithinMs / 1_000} s.`);
  }

  const kill = async () => {
    if (!ended) process.kill(pid, "SIGKILL");
    await exited;
  };
  return { ingressUrl, adminUrl, ports, identityKey, pid, stop, kill, exited };
}

/** In a process group of its own: Ctrl-C reaches the parent only. */
function spawnGuard(order: GuardOrder, env: NodeJS.ProcessEnv): ChildProcess {
  const entry = join(import.meta.dirname, `guard${extname(import.meta.filename)}`);
  return spawn(process.execPath, [entry, JSON.stringify(order)], {
    env,
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

type Started = Extract<GuardReport, { kind: "started" }>;

function watch(guard: ChildProcess): Promise<Started & { exited: Promise<ServerExit> }> {
  return new Promise((resolveStarted, reject) => {
    let started: Started | undefined;
    let ended: ServerExit | undefined;
    const exited = new Promise<ServerExit>((resolveExited) => {
      guard.once("exit", (code, signal) => {
        const finish = () => {
          if (started && !ended) cleanUpFor(started);
          const exit = ended ?? { code, signal, log: "" };
          reject(endedEarly(exit));
          resolveExited(exit);
        };
        // Its last report may still be on the way.
        if (guard.connected) guard.once("disconnect", finish);
        else finish();
      });
    });
    guard.once("error", reject);
    guard.on("message", (report: GuardReport) => {
      if (report.kind === "ended") ended = report;
      else resolveStarted({ ...(started = report), exited });
    });
  });
}

/** The guard was killed before it could do this itself. */
function cleanUpFor({ pid, runDir }: { pid: number; runDir: string }): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  rmSync(runDir, { recursive: true, force: true, maxRetries: 3 });
}

function endedEarly({ code, signal, log }: ServerExit): Error {
  return new Error(
    `The Restate server ended before it answered (${signal ?? `exit code ${code}`}).\n${log}`.trim(),
  );
}
