import type { Command } from "commander";

/** A command of `fanfold`: its help, its completion and its page of the reference come from this. */
export interface CliCommand {
  readonly name: string;
  readonly group: CommandGroup;
  /** One line. */
  readonly summary: string;
  /** What there is to know beyond that. */
  readonly description?: string;
  readonly examples: readonly Example[];
  /** Adds arguments and options, and what is done. */
  readonly define: (command: Command) => unknown;
}

export type CommandGroup = "Run" | "Feed" | "Look" | "Steer" | "Shell";

/** A line for a shell. It is run as a test, against a server where `nightly` has ended and `mailing` runs. */
export interface Example {
  readonly line: string;
  readonly does: string;
  /** The exit code, where it is not 0. */
  readonly exits?: number;
}
