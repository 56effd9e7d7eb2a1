import { EXIT } from "./exit-codes.ts";
import { say } from "./output.ts";

/**
 * Works until it is done, or until Ctrl-C: the work's signal is then aborted, `farewell` says how things
 * stand, and the exit code is that of an interruption.
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<void>,
  farewell: () => string,
): Promise<void> {
  const interrupted = new AbortController();
  // npm passes on a signal that the terminal has sent already: the second changes nothing.
  const interrupt = () => interrupted.abort();
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    await work(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    // The terminal has written ^C.
    say(`${process.stderr.isTTY ? "\n" : ""}${farewell()}`);
    process.exitCode = EXIT.interrupted;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

// --- internal ---

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
