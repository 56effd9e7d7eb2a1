import { describe, expect, it } from "vitest";
import { declarations, handedOn } from "../../../clients/api-reference/declarations.ts";

const textOf = (source: string, name: string) => declarations(source, name).map(({ text }) => text);

describe("declarations", () => {
  it("shows a function without its body, and the first sentence of its comment", () => {
    const source = [
      "/**",
      " * Adds `a.b` up. Slowly.",
      " *",
      " * @example sum(1);",
      " */",
      "export async function sum(",
      "  ...numbers: number[]",
      "): Promise<number> {",
      "  return 0;",
      "}",
    ].join("\n");
    expect(declarations(source, "sum")).toEqual([
      {
        kind: "function",
        name: "sum",
        says: "Adds `a.b` up.",
        text: "function sum(\n  ...numbers: number[]\n): Promise<number>;",
      },
    ]);
  });

  it("shows the overloads of a function without what implements them", () => {
    const source = [
      "export function f(a: 1): 1;",
      "export function f(a: 2): 2;",
      "export function f(a: number) {",
      "  return a;",
      "}",
    ].join("\n");
    expect(textOf(source, "f")).toEqual(["function f(a: 1): 1;\nfunction f(a: 2): 2;"]);
  });

  it.each([
    "type A<B> = B extends {\n  readonly b: infer C;\n}\n  ? C\n  : never;",
    "type A =\n  | { readonly a: 1 }\n  | { readonly b: 2 };",
    "const A = z.object({\n  a: z.int(),\n});",
    "interface A {\n  a(): {\n    b: 1;\n  };\n\n  c: 2;\n}",
  ])("shows all of %j and nothing after it", (text) => {
    const source = `export ${text}\nexport type Other = 1;\n`;
    expect(textOf(source, "A")).toEqual([text]);
  });

  it("shows a class down to its constructor", () => {
    const source = "export class A {\n  a = 1;\n\n  constructor(a: 1) {\n    this.a = a;\n  }\n}\n";
    expect(textOf(source, "A")).toEqual(["class A {\n  a = 1;\n\n  constructor(a: 1);\n}"]);
  });
});

it("finds the names that a module hands on", () => {
  const source = 'export { a } from "./x.ts";\nexport type {\n  B,\n  C,\n} from "./y.ts";\n';
  expect(handedOn(source)).toEqual([
    { name: "a", file: "./x.ts", isTypeOnly: false },
    { name: "B", file: "./y.ts", isTypeOnly: true },
    { name: "C", file: "./y.ts", isTypeOnly: true },
  ]);
});
