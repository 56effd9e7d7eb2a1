import { z } from "zod";

/** A row or line of a file of records: what it says, or why it could not be read. */
export const FileRecord = z.union([
  z.object({ line: z.int(), record: z.record(z.string(), z.unknown()) }),
  z.object({ line: z.int(), text: z.string(), problem: z.string() }),
]);
export type FileRecord = z.infer<typeof FileRecord>;

const text = z.string({ error: "is missing or no text" }).trim();

/** A user as records must describe one. Texts come trimmed; CSV has no numbers, so an id may be a text. */
export const User = z.object({
  id: z.union(
    [
      z.int().min(1),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ],
    {
      error: "must be a whole number",
    },
  ),
  name: text.min(1, { error: "must not be empty" }).max(200),
  email: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.email({ error: "must be a mail address" })),
  country: text.toUpperCase().refine((code) => countryName(code) !== undefined, {
    error: "must be the two letters of a country",
  }),
  signedUp: z.iso.date({ error: "must be a date as 2026-11-21" }),
});
export type User = z.infer<typeof User>;

/** A user and what follows from what is known of one. */
export const EnrichedUser = User.extend({
  countryName: z.string(),
  /** of the mail address */
  domain: z.string(),
  /** quarter of the sign-up, as 2026-Q4 */
  cohort: z.string(),
});
export type EnrichedUser = z.infer<typeof EnrichedUser>;

/** A record on its way through the stages, with the line it came from. */
export const ValidRecord = z.object({ line: z.int(), user: User });
export const EnrichedRecord = z.object({ line: z.int(), user: EnrichedUser });

/** The English name of a country; undefined if there is none with this code. */
export function countryName(code: string): string | undefined {
  return /^[A-Z]{2}$/.test(code) ? countries.of(code) : undefined;
}

// --- internal ---

const countries = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
