import { describe, expect, it } from "vitest";
import { numberAt, valueAt } from "../../../../../services/job/core/fold/value-at.ts";

const value = JSON.parse(
  '{"a":{"b":[{"c":7},null]},"":{"":1},"0":"zero","__proto__":{"x":2},"nothing":null}',
) as unknown;

describe("valueAt", () => {
  it.each([
    ["a.b.0.c", 7],
    ["a.b.1", null],
    ["nothing", null],
    ["0", "zero"],
    [".", 1],
    ["__proto__.x", 2],
    ["a.b", [{ c: 7 }, null]],
  ])("finds what lies at %s", (path, found) => {
    expect(valueAt(path)(value)).toEqual(found);
  });

  it.each([
    "b",
    "a.b.2",
    "a.b.-1",
    "a.b.length",
    "a.b.0.c.d",
    "nothing.at.all",
    "0.length",
    "0.0",
    "toString",
    "constructor.name",
    "a.__proto__",
    "a.b.00",
  ])("finds nothing at %s", (path) => {
    expect(valueAt(path)(value)).toBeUndefined();
  });

  it.each([null, 5, "text", true, [], {}])("finds nothing in %j", (other) => {
    expect(valueAt("a")(other)).toBeUndefined();
  });
});

describe("numberAt", () => {
  it.each([["1"], [null], [true], [[1]], [{}], [Number.NaN], [Infinity]])(
    "takes %j for no number",
    (found) => {
      expect(numberAt("found")({ found })).toBeUndefined();
    },
  );

  it.each([0, -1.5, Number.MAX_VALUE])("takes %j", (found) => {
    expect(numberAt("found")({ found })).toBe(found);
  });
});
