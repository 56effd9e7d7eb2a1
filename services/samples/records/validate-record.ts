import { z } from "zod";
import { action, TerminalError } from "../../actions.ts";
import { FileRecord, User, ValidRecord } from "./record.ts";

/** Reads one record. A wrong one fails for good, and says everything that is wrong with it. */
export const validateRecord = action({
  name: "validate_record",
  input: z.object({ item: FileRecord }),
  output: ValidRecord,
  run: ({ input: { item } }) => {
    const { line } = item;
    if ("problem" in item) {
      throw new TerminalError(`line ${line}: ${item.problem}`, { code: "UNREADABLE_RECORD" });
    }
    const { data: user, error } = User.safeParse(item.record);
    if (error) {
      const problems = error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
      throw new TerminalError(`line ${line}: ${problems.join("; ")}`, { code: "INVALID_RECORD" });
    }
    return { line, user };
  },
});
