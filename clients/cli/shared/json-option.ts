export interface JsonOption {
  readonly json?: true | undefined;
}

export const jsonOption = ["--json", "as JSON, for programs"] as const;
