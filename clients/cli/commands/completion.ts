import { Argument } from "commander";
import type { CliCommand } from "../command.ts";
import { completionScript, SHELLS, type Shell } from "../completion.ts";
import { print } from "../shared/output.ts";

export const completion: CliCommand = {
  name: "completion",
  group: "Shell",
  summary: "Print a script that completes commands and options",
  examples: [
    { line: 'eval "$(fanfold completion bash)"', does: "in ~/.bashrc" },
    { line: "fanfold completion zsh > _fanfold", does: "into a folder of $fpath" },
    { line: "fanfold completion fish > fanfold.fish", does: "into ~/.config/fish/completions" },
  ],
  define: (command) =>
    command
      .addArgument(new Argument("<shell>", "which one").choices(SHELLS))
      .action((shell: Shell, _options, { parent }: typeof command) => {
        print(completionScript(shell, parent?.commands ?? []));
      }),
};
