import { EXIT } from "../shared/exit-codes.ts";

export interface StopOrder {
  /** Resolves when it is given. */
  readonly given: Promise<void>;
  isGiven(): boolean;
}

/** Listens for the signals that ask a server to end, from now on; Ctrl-C makes the exit code its own. */
export function stopOrder(): StopOrder {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isGiven = false;
  const stop = (signal: NodeJS.Signals) => {
    // npm passes on a signal that the terminal has sent already: the second changes nothing.
    if (isGiven) return;
    isGiven = true;
    process.exitCode = signal === "SIGINT" ? EXIT.interrupted : EXIT.done;
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return { given: promise, isGiven: () => isGiven };
}
