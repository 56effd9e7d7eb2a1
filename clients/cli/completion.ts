import type { Command, Option } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the names of these commands, their options, and values that are known. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return `#compdef fanfold\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case "fish":
      return fish(commands);
  }
}

// --- internal ---

const flags = ({ options }: Command) => [...options, HELP].map(({ long }) => long);
const HELP: Pick<Option, "long" | "description"> = { long: "--help", description: "display help" };

/** What may stand in the place of a command's first argument. */
const choicesOf = ({ registeredArguments: [first] }: Command) => first?.argChoices ?? [];

/** Files are completed where no word fits. */
function bash(commands: readonly Command[]): string {
  const names = commands.map((command) => command.name()).join(" ");
  const words = commands.map(
    (command) =>
      `    ${command.name()}) words="${[...choicesOf(command), ...flags(command)].join(" ")}" ;;`,
  );
  const values = [...choicesByFlag(commands)].map(
    ([flag, choices]) => `    ${flag}) words="${choices.join(" ")}" ;;`,
  );
  return [
    "_fanfold() {",
    `  local words="${names}"`,
    '  (( COMP_CWORD > 1 )) && case "${COMP_WORDS[1]}" in',
    ...words,
    "  esac",
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...values,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _fanfold fanfold",
  ].join("\n");
}

function choicesByFlag(commands: readonly Command[]): Map<string, readonly string[]> {
  const options = commands.flatMap((command) => command.options);
  return new Map(
    options.flatMap(({ long, argChoices }) => (long && argChoices ? [[long, argChoices]] : [])),
  );
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const name = command.name();
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c fanfold -n __fish_use_subcommand -f -a ${name} -d ${quoted(command.summary())}`,
      ...choicesOf(command).map((choice) => `complete -c fanfold ${within} -f -a ${choice}`),
      ...[...command.options, HELP].map(({ long, description }) => {
        const choices = command.options.find((option) => option.long === long)?.argChoices;
        const values = choices ? ` -x -a ${quoted(choices.join(" "))}` : "";
        return `complete -c fanfold ${within} -l ${long?.slice(2)}${values} -d ${quoted(description)}`;
      }),
    ];
  });
  return lines.join("\n");
}

const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
