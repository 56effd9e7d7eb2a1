import { action, emit } from "fanfold";
import { z } from "zod";

/** Splits a text into its lines: each becomes a task of the next stage. */
export const splitLines = action({
  name: "split_lines",
  input: z.object({ item: z.string() }),
  run: ({ input }) => {
    const lines = input.item.split("\n");
    return emit({ lines: lines.length }, { foreach: { as: "line", items: lines } });
  },
});

/** Counts the words of one line. */
export const countWords = action({
  name: "count_words",
  input: z.object({ line: z.string() }),
  output: z.object({ words: z.number() }),
  retry: { maxAttempts: 5 },
  run: async ({ input }) => ({ words: input.line.split(/\s+/).filter(Boolean).length }),
});
