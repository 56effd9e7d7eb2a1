// Runs a restate-server for a parent that may be killed at any time. Invariants:
// 1. The server does not outlive this process's channel to the parent.
// 2. This process ends after the server, and leaves no temporary folder and no lock behind.
// 3. Ctrl-C is the parent's business: it may still have work to bring home.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataLock, type DataHolder } from "./data-lock.ts";
import { identityKey } from "./identity.ts";

/** What the parent wants run, as the guard's only argument in JSON. */
export type GuardOrder = {
  readonly binary: string;
  readonly config: string;
  readonly dataDir: string | null;
  readonly logFile: string | null;
  readonly ingressUrl: string;
  readonly adminUrl: string;
};

/** What the guard tells its parent; the parent only ever says "stop". */
export type GuardReport =
  | {
      readonly kind: "started";
      readonly pid: number;
      readonly runDir: string;
      readonly identityKey: string;
    }
  | {
      readonly kind: "ended";
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly log: string;
    };

const order = JSON.parse(process.argv[2] ?? "") as GuardOrder;

const lock = order.dataDir && dataLock(order.dataDir);
if (lock) writeLock(lock);

const runDir = mkdtempSync(join(tmpdir(), "fanfold-"));
const dataDir = order.dataDir ?? join(runDir, "data");
const logFile = order.logFile ?? join(runDir, "restate-server.log");
// Each start leaves one folder per partition here, even after a clean end.
const temporary = join(runDir, "tmp");
process.once("exit", cleanUp);

mkdirSync(temporary);
mkdirSync(dataDir, { recursive: true });
const privateKey = join(dataDir, "identity.pem");
const trusted = identityKey(privateKey);
const log = openSync(logFile, "a");
const server = spawn(order.binary, ["--config-file", order.config, "--no-logo"], {
  env: {
    ...process.env,
    TMPDIR: temporary,
    RESTATE_BASE_DIR: dataDir,
    RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: privateKey,
  },
  stdio: ["ignore", log, log],
});

server.once("error", (error) => end(null, null, String(error)));
server.once("exit", (code, signal) => end(code, signal, lastOf(logFile)));
if (server.pid) report({ kind: "started", pid: server.pid, runDir, identityKey: trusted });

process.on("message", stop);
process.on("disconnect", stop);
process.on("SIGTERM", stop);
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
if (!process.connected) stop();

// --- internal ---

function stop(): void {
  server.kill("SIGTERM");
  setTimeout(() => server.kill("SIGKILL"), 10_000);
}

function end(code: number | null, signal: NodeJS.Signals | null, lastLog: string): void {
  report({ kind: "ended", code, signal, log: lastLog }, () => process.exit(0));
}

function cleanUp(): void {
  if (lock) rmSync(lock, { force: true });
  rmSync(runDir, { recursive: true, force: true, maxRetries: 3 });
}

function report(message: GuardReport, sent: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, sent);
  else sent();
}

function writeLock(file: string): void {
  const holder: DataHolder = {
    guard: process.pid,
    owner: process.ppid,
    ingressUrl: order.ingressUrl,
    adminUrl: order.adminUrl,
  };
  writeFileSync(file, JSON.stringify(holder), { flag: "wx" });
}

function lastOf(file: string): string {
  return readFileSync(file, "utf8").slice(-4_000);
}
