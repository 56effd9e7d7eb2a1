import { setTimeout as sleep } from "node:timers/promises";
import { action, TerminalError, type Action } from "../../services/actions.ts";

/** Returns its input. */
export const echo = action({ name: "echo", run: (task) => task.input });

/** Returns the whole task it was given. */
export const describe = action({ name: "describe", run: (task) => task });

/** Fails for good. */
export const refuse = action({
  name: "refuse",
  run: ({ index }) => {
    throw new TerminalError(`task ${index} fails as asked`, { code: "AS_ASKED" });
  },
});

/** Takes `ms` and returns its index. */
export const nap = action<{ ms: number }, number>({
  name: "nap",
  run: async ({ input, index }, { signal }) => {
    await sleep(input.ms, undefined, { signal });
    return index;
  },
});

/** An action whose tasks, told apart by `payload.gate`, wait until the test lets them go. */
export function gated(name = "gated"): Action<{ gate: string }, number> & Gates {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (key: string) => {
    const known = gates.get(key) ?? Promise.withResolvers<void>();
    gates.set(key, known);
    return known;
  };
  return {
    ...action<{ gate: string }, number>({
      name,
      run: async ({ input, index }) => {
        await gate(input.gate).promise;
        return index;
      },
    }),
    open: (key) => gate(key).resolve(),
  };
}

export interface Gates {
  open(gate: string): void;
}
