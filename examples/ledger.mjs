// A Restate service of somebody else: it knows nothing of Fanfold but the task that it is called with.
import { createServer } from "node:http2";
import * as restate from "@restatedev/restate-sdk";
import { createEndpointHandler } from "@restatedev/restate-sdk/node";

const ledger = restate.service({
  name: "Ledger",
  handlers: {
    book: async (ctx, { taskId, input }) => {
      const { who, cents } = input.item;
      if (cents > 100_000) throw new restate.TerminalError(`${who} asks for too much`);
      return ctx.run("book", () => ({ booked: cents, reference: taskId }));
    },
  },
});

createServer(createEndpointHandler({ services: [ledger] })).listen(9081, "127.0.0.1");
