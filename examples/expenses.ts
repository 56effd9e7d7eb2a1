import { action, durableAction, runJob, waitForEvent } from "fanfold";
import { z } from "zod";

const Expense = z.object({ item: z.object({ who: z.string(), cents: z.int() }) });

/** Function: quick, many to an invocation. */
export const checkExpense = action({
  name: "check_expense",
  input: Expense,
  output: z.object({ who: z.string(), cents: z.int(), needsApproval: z.boolean() }),
  run: ({ input: { item } }) => ({ ...item, needsApproval: item.cents > 10_000 }),
});

/** Durable: it may wait for somebody for days, and goes on where it was whatever crashes meanwhile. */
export const approveExpense = durableAction({
  name: "approve_expense",
  input: z.object({ item: checkExpense.output! }),
  timeout: "30d",
  run: async (ctx, { jobId, input: { item } }, { progress }) => {
    if (!item.needsApproval) return { ...item, approvedBy: "nobody" };
    await ctx.run("ask", () => console.log(`${item.who} asks for ${item.cents / 100}`));
    progress(`waiting for the approval of ${item.who}'s expense`);
    const { by } = await waitForEvent<{ by: string }>(ctx, jobId, `approve-${item.who}`);
    return { ...item, approvedBy: by };
  },
});

/** Durable: runs a job of its own for each department, which is cancelled with it. */
export const closeMonth = durableAction({
  name: "close_month",
  input: z.object({ item: z.array(Expense.shape.item) }),
  run: async (ctx, { input: { item: items } }) => {
    const { taskCounts, result } = await runJob(ctx, {
      action: "check_expense",
      fanout: { foreach: { items } },
      fold: { stats: { path: "cents" } },
    });
    return { expenses: taskCounts.total, ...(result as { sum: number }) };
  },
});
