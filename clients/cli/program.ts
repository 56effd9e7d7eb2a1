import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import type { CliCommand } from "./command.ts";
import { commands } from "./commands.ts";
import { usageLine } from "./shared/error-line.ts";
import { EXIT_CODES } from "./shared/exit-codes.ts";

/** The command line, ready to parse. */
export function fanfold(): Command {
  const program = new Command("fanfold")
    .description("Durable fan-out/fan-in on Restate: start it, feed it jobs, watch and steer them.")
    .version(manifest.version)
    .helpCommand(false)
    .addHelpText("after", exitCodes());
  talking(program, "fanfold");
  for (const command of commands) program.addCommand(defined(command));
  return program;
}

// --- internal ---

function defined({ name, group, summary, description, examples, define }: CliCommand): Command {
  const command = new Command(name)
    .summary(summary)
    .description([`${summary}.`, description].filter(Boolean).join("\n\n"))
    .helpGroup(`${group}:`)
    .addHelpText("after", `\nExamples:\n${examples.map(shown).join("\n")}`);
  talking(command, `fanfold ${name}`);
  define(command);
  return command;
}

function exitCodes(): string {
  const lines = EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`);
  return ["", "Exit codes:", ...lines].join("\n");
}

const shown = ({ does, line }: CliCommand["examples"][number]) => `  # ${does}\n  ${line}`;

/** Wrong usage is told in one line, as every other error. */
function talking(command: Command, name: string): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`${usageLine(text, name)}\n`),
  });
}
