import { CommanderError } from "commander";
import { fanfold } from "./program.ts";
import { errorLine } from "./shared/error-line.ts";
import { EXIT } from "./shared/exit-codes.ts";
import { say } from "./shared/output.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read has read enough, as `head` does.
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  await fanfold().parseAsync();
} catch (error) {
  process.exitCode = EXIT.failure;
  // What commander says of wrong usage it has said.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else say(errorLine(error));
}
// Standard input may still be open, and connections are kept for a while.
process.stdout.write("", () => process.exit());
