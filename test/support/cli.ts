import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterEach } from "vitest";

export const CLI = join(import.meta.dirname, "../../clients/cli/bin.js");

export interface CliOptions {
  /** Standard input; without it there is none. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<CliEnd>;
}

/** The command line as a process of its own, for the server at this address. What still runs after a test is killed. */
export function cliFor(ingressUrl: string) {
  const started = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    started.clear();
  });

  const launch = (command: string, args: readonly string[], options: CliOptions): RunningCli => {
    const child = spawn(command, args, {
      env: { ...process.env, ...PLAIN, RESTATE_INGRESS_URL: ingressUrl, ...options.env },
    });
    started.add(child);
    child.stdin.on("error", () => undefined);
    if (options.input !== undefined) child.stdin.end(options.input);
    const stdout = gathered(child.stdout);
    const stderr = gathered(child.stderr);
    const ended = new Promise<CliEnd>((resolve) => {
      child.once("close", (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
    });
    return { child, stdout, stderr, ended };
  };
  const start = (args: readonly string[], options: CliOptions = {}) =>
    launch(process.execPath, [CLI, ...args], options);

  return {
    start,
    /** Runs a command to its end. */
    run: (...args: string[]) => start(args, { input: "" }).ended,
    /** Runs a command in a terminal of 100 columns; what is sent to its standard input are keys. */
    onTerminal: (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const line = `stty cols 100; exec ${[process.execPath, CLI, ...args].join(" ")}`;
      const terminal = { TERM: "xterm-256color", ...env };
      return launch("script", ["-qfec", line, "/dev/null"], { env: terminal });
    },
  };
}

// --- internal ---

/** Whatever runs the tests may have chosen otherwise for itself. */
const PLAIN = { FORCE_COLOR: undefined, NO_COLOR: undefined, CI: undefined };

function gathered(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}
