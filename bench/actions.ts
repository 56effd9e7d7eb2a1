import { setTimeout as sleep } from "node:timers/promises";
import { action } from "../services/actions.ts";

type Input = { readonly n: number };

export const noop = action<Input, number>({ name: "noop", run: ({ input }) => input.n });

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
