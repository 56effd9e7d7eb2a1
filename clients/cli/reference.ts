import type { Command, Option } from "commander";
import type { CliCommand } from "./command.ts";
import { commands } from "./commands.ts";
import { fanfold } from "./program.ts";
import { EXIT_CODES } from "./shared/exit-codes.ts";

/** `docs/cli.md`: every command as its help has it. */
export function reference(): string {
  const defined = new Map(fanfold().commands.map((command) => [command.name(), command]));
  const sections = commands.flatMap((command) => {
    const built = defined.get(command.name);
    return built ? section(command, built) : [];
  });
  const index = commands.map(({ name, summary }) => `| [${name}](#fanfold-${name}) | ${summary} |`);
  return [
    "# fanfold, the command line",
    "Written by `npm run reference` from `clients/cli/commands/`; [guides/cli.md](guides/cli.md) tells how it is used.",
    ["| command | |", "| --- | --- |", ...index].join("\n"),
    EXITS,
    ...sections,
  ].join("\n\n");
}

// --- internal ---

const EXITS = [
  "| exit code | |",
  "| --- | --- |",
  ...EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`),
].join("\n");

function section({ name, summary, description, examples }: CliCommand, command: Command): string[] {
  const lines = examples.map(({ line, does }) => `# ${does}\n${line}`);
  return [
    `## fanfold ${name}`,
    [`${summary}.`, description].filter(Boolean).join(" ").replaceAll("<", "\\<"),
    ["```", `fanfold ${name} ${command.usage()}`, "```"].join("\n"),
    ...parameters(command),
    ["```sh", ...lines, "```"].join("\n"),
  ];
}

function parameters({ registeredArguments, options }: Command): string[] {
  const rows = [
    ...registeredArguments.map((argument) => [argument.name(), argument.description]),
    ...options.map((option) => [option.flags, described(option)]),
  ];
  if (rows.length === 0) return [];
  const cells = rows.map(([flags, text]) => `| \`${flags}\` | ${text} |`);
  return [["| | |", "| --- | --- |", ...cells].join("\n")];
}

function described({ description, defaultValue, envVar, argChoices }: Option): string {
  const notes = [
    ...(argChoices ? [argChoices.join(", ")] : []),
    ...(defaultValue === undefined ? [] : [`default \`${String(defaultValue)}\``]),
    ...(envVar === undefined ? [] : [`or \`${envVar}\``]),
  ];
  return [description, ...notes].join("; ").replaceAll("<", "\\<");
}
