import { setTimeout as sleep } from "node:timers/promises";
import { action } from "../services/actions.ts";

import { durableAction } from "../services/durable-action.ts";

type Input = { readonly n: number };

export const noop = action<Input, number>({ name: "noop", run: ({ input }) => input.n });

/** Does nothing too, as a handler that is called for each task. */
export const durableNoop = durableAction<Input, number>({
  name: "durable_noop",
  run: async (_, { input }) => input.n,
});

/** Does no more, and returns something that can be folded. */
export const value = action<Input, { value: number }>({
  name: "value",
  run: ({ input }) => ({ value: input.n }),
});

/** Stands for a call to another system. */
export const wait10ms = action<Input, number>({
  name: "wait_10ms",
  run: ({ input }) => sleep(10, input.n),
});
