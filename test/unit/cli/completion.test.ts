import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { completionScript } from "../../../clients/cli/completion.ts";
import { fanfold } from "../../../clients/cli/program.ts";

const { commands } = fanfold();

/** What bash would offer for the last of these words. */
function offered(...words: string[]): string[] {
  const script = [
    completionScript("bash", commands),
    `COMP_WORDS=(fanfold ${words.map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${words.length}`,
    "_fanfold",
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n");
  const output = execFileSync("bash", ["-c", script], { encoding: "utf8" });
  return output.split("\n").filter(Boolean);
}

describe("completion in bash", () => {
  it("offers the commands", () => {
    expect(offered("re")).toEqual(["results", "resume", "redrive"]);
    expect(offered("")).toHaveLength(commands.length);
  });

  it("offers a command's options", () => {
    expect(offered("cancel", "nightly", "--")).toEqual([
      "--ingress-url",
      "--json",
      "--reason",
      "--help",
    ]);
  });

  it("offers values that are known", () => {
    expect(offered("results", "nightly", "--status", "")).toEqual([
      "SUCCEEDED",
      "FAILED",
      "CANCELLED",
    ]);
    expect(offered("completion", "z")).toEqual(["zsh"]);
  });

  it("leaves the rest to the completion of files", () => {
    expect(offered("up", "examples/")).toEqual([]);
  });
});

describe("completion elsewhere", () => {
  it("is that of bash in zsh", () => {
    expect(completionScript("zsh", commands)).toContain(completionScript("bash", commands));
  });

  it("names every command in fish", () => {
    const script = completionScript("fish", commands);
    for (const command of commands) expect(script).toContain(`-a ${command.name()} -d '`);
    expect(script).toContain(
      "complete -c fanfold -n '__fish_seen_subcommand_from results' -l status -x -a 'SUCCEEDED FAILED CANCELLED'",
    );
  });
});
