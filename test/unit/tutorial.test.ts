import { expect, it } from "vitest";
import { stepsOf, toMatchShown } from "../support/tutorial.ts";

it.each([
  ["8 of 9 (a|b) in 1.5 s, at 127.0.0.1:8080", "8 of 9 (a|b) in 1,027.9 s, at 127.0.0.1:2"],
  ["begun\n...\n{...,done}", "begun\none\ntwo\n{1,2,done}"],
])("%j shows %j", (shown, output) => {
  expect(output).toMatch(toMatchShown(shown));
});

it.each([
  ["8 of 9 in 1.5 s", "9 of 9 in 1.5 s"],
  ["begun\n...\ndone", "begun\none\nfailed"],
  ["done", "done twice"],
  ["a.b", "acb"],
])("%j does not show %j", (shown, output) => {
  expect(output).not.toMatch(toMatchShown(shown));
});

it("finds files and commands in the order of the page", () => {
  const page = [
    '```ts title="a.ts"\nlet a;\n```',
    "```ts\nlet b;\n```",
    "```console\n$ one\n1\n1\n$ two\n```",
  ].join("\n\n");
  expect(stepsOf(page)).toEqual([
    { kind: "file", name: "a.ts", text: "let a;\n" },
    { kind: "command", name: "one", line: "one", shown: "1\n1" },
    { kind: "command", name: "two", line: "two", shown: "" },
  ]);
});
