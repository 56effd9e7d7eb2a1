import { z } from "zod";
import { action } from "../../actions.ts";
import { setting } from "../setting.ts";
import { openUserDatabase, type UserDatabase } from "./user-database.ts";
import { EnrichedRecord } from "./record.ts";

let database: UserDatabase | undefined;

/** Stores one user. A task that runs again stores the same row again. */
export const storeRecord = action({
  name: "store_record",
  input: z.object({ item: EnrichedRecord }),
  output: EnrichedRecord,
  run: async ({ input: { item }, jobId }) => {
    database ??= openUserDatabase(setting("FANFOLD_RECORDS_DB"));
    await database.store({ ...item, job: jobId });
    return item;
  },
});
