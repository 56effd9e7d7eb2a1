import type { HooksProvider } from "@restatedev/restate-sdk";
import { drainable, isDraining } from "./executor/shutdown.ts";

/** Of a handler's steps, a process that ends waits for those that run, and begins no others. */
export const drainedSteps: HooksProvider = () => ({
  interceptor: {
    run: async (_name, step) => {
      // Its connection will be cut, and the next process makes it.
      if (isDraining()) return new Promise(() => undefined);
      const gone = drainable({ leave: () => undefined, abandon: () => gone() });
      try {
        await step();
      } finally {
        gone();
      }
    },
  },
});
