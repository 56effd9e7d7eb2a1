import { readFileSync } from "node:fs";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { commands } from "../../../clients/cli/commands.ts";
import { fanfold } from "../../../clients/cli/program.ts";
import { reference } from "../../../clients/cli/reference.ts";

describe("docs/cli.md", () => {
  it("is what npm run reference writes", async () => {
    const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
    expect(page).toBe(await format(reference(), { parser: "markdown", printWidth: 100 }));
  });
});

describe("the help", () => {
  const defined = new Map(fanfold().commands.map((command) => [command.name(), command]));

  it.each(commands.map((command) => [command.name, command] as const))(
    "of %s has examples that call it",
    (name, { examples }) => {
      expect(examples.length).toBeGreaterThan(0);
      for (const { line } of examples) expect(line).toContain(`fanfold ${name}`);
    },
  );

  it.each(["ls", "status", "watch", "why", "results", "failures", "timeline", "verify", "plan"])(
    "of %s, which reads, has --json",
    (name) => {
      const flags = defined.get(name)?.options.map(({ long }) => long);
      expect(flags).toContain("--json");
      expect(flags).toContain("--ingress-url");
    },
  );
});
