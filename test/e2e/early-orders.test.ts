import { afterEach, expect, it, vi } from "vitest";
import { durableAction } from "../../services/index.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const ORDERS = ["pause", "cancel"] as const;

let runs = 0;
/** For each order one, as whom to call is not asked twice in a second. */
const actions = ORDERS.map((order) =>
  durableAction({
    name: `counted_${order}`,
    run: async () => {
      runs += 1;
    },
  }),
);

const { job, admin, ingressUrl } = await startTestFanfold({ actions });

afterEach(() => vi.restoreAllMocks());

it.each(ORDERS)("to %s is heard by a chunk of calls before it starts the first", async (order) => {
  runs = 0;
  const one = job();
  const looking = holdFirstLook(`counted_${order}`);
  await one.submit({ action: `counted_${order}`, fanout: { tasks: 5 } });
  await looking.begun;
  await one[order]();
  await eventually(async () => expect(await signals()).toBe(1));
  looking.goOn();
  const idle = async () =>
    expect((await one.status()).stages[0]?.counts).toMatchObject({ running: 0 });
  await eventually(idle);
  await eventually(async () => expect(await signals()).toBe(0));
  expect(runs).toBe(0);
  if (order === "pause") await one.resume();
  const status = order === "pause" ? "SUCCEEDED" : "CANCELLED";
  expect(await one.outcome()).toMatchObject({ status, taskCounts: { total: 5, [status]: 5 } });
});

// --- internal ---

/** Whether there is whom to call gets no answer until the test lets it go on. */
function holdFirstLook(action: string): { readonly begun: Promise<void>; goOn(): void } {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, options) => {
    if (options?.method === "PUT" && url === `${ingressUrl}/${action}/task`) {
      begun.resolve();
      await held.promise;
    }
    return fetch(url, options);
  });
  return { begun: begun.promise, goOn: () => held.resolve() };
}

/** Which have come to runners at work. */
async function signals(): Promise<number> {
  const rows = await admin.query(
    `select j.entry_type from sys_journal j join sys_invocation i on i.id = j.id
     where i.target = 'Runner/call' and i.status <> 'completed' and j.entry_type like '%Signal%'`,
  );
  return rows.length;
}
