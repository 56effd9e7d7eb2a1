import { UsageError } from "../shared/error-line.ts";

/** A port as the environment sets it; 0 is any free one. */
export function portOf(variable: string, byDefault: number): number {
  const value = process.env[variable];
  if (!value) return byDefault;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new UsageError(`${variable} must be a port number from 0 to 65535, got "${value}"`);
}
