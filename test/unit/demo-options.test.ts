import { describe, expect, it } from "vitest";
import { demoOptions } from "../../clients/cli/demo-options.ts";

describe("demoOptions", () => {
  it("sends 100 pages of 1,000 mails unless told otherwise", () => {
    expect(demoOptions([])).toEqual({ pages: 100, perPage: 1_000 });
    expect(demoOptions(["--pages", "5", "--per-page=20"])).toEqual({ pages: 5, perPage: 20 });
  });

  it.each([
    [["--page", "5"], /^Unknown option '--page'\. Usage: npm run demo/],
    [["--pages"], /^Option '--pages <value>' argument missing\. Usage/],
    [["--pages", "-5"], /^Option '--pages' argument is ambiguous\. Usage/],
    [["many"], /^Unexpected argument 'many'\. Usage/],
    [["--pages", "many"], /^--pages must be a whole number from 1 to 100000, got "many"\.$/],
    [["--per-page", "0"], /^--per-page must be a whole number from 1 to 10000, got "0"\.$/],
    [["--per-page", "1e3"], /got "1e3"/],
    [["--pages", "1001"], /^--pages times --per-page must be at most 1000000, got 1001000\.$/],
  ])("refuses %j in one sentence", (args, message) => {
    expect(() => demoOptions(args)).toThrow(message);
  });
});
