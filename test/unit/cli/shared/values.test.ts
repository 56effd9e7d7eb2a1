import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import * as values from "../../../../clients/cli/shared/values.ts";

describe("the value of an option", () => {
  it.each([
    [values.range, "1:100", { start: 1, stop: 100 }],
    [values.range, "10:-1:-2", { start: 10, stop: -1, step: -2 }],
    [values.rate, "50/1s", { tasks: 50, per: "1s" }],
    [values.rate, "none", "none"],
    [values.wholeNumber(1), "17", 17],
    [values.json, '{"a":1}', { a: 1 }],
    [values.wordOrObject, "count", "count"],
    [values.wordOrObject, '{"stats":{"path":"n"}}', { stats: { path: "n" } }],
    [values.labels, "team=crm=2", { team: "crm=2" }],
    [values.httpAddress, "http://127.0.0.1:8080/", "http://127.0.0.1:8080"],
    [values.redriven, "failed", "failed"],
    [values.redriven, "7,4711", [7, 4_711]],
  ])("%o reads %j", (read: (text: string) => unknown, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    [values.range, "1-100"],
    [values.range, "1:"],
    [values.rate, "50"],
    [values.rate, "50/second"],
    [values.wholeNumber(1), "0"],
    [values.wholeNumber(1, 10), "11"],
    [values.wholeNumber(1), "1e3"],
    [values.json, "{a:1}"],
    [values.wordOrObject, "{stats"],
    [values.labels, "team"],
    [values.labels, "=crm"],
    [values.httpAddress, "127.0.0.1:8080"],
    [values.redriven, "7,x"],
  ])("%o refuses %j", (read: (text: string) => unknown, text) => {
    expect(() => read(text)).toThrow(InvalidArgumentError);
  });

  it("gathers labels", () => {
    expect(values.labels("b=2", values.labels("a=1"))).toEqual({ a: "1", b: "2" });
  });
});
