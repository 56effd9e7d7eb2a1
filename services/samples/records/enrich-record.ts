import { z } from "zod";
import { action } from "../../actions.ts";
import { countryName, EnrichedRecord, ValidRecord } from "./record.ts";

/** Adds what follows from a user's country, address and sign-up. */
export const enrichRecord = action({
  name: "enrich_record",
  input: z.object({ item: ValidRecord }),
  output: EnrichedRecord,
  run: ({ input: { item } }) => {
    const { line, user } = item;
    const { country, email, signedUp } = user;
    const [year, month] = signedUp.split("-");
    return {
      line,
      user: {
        ...user,
        countryName: countryName(country) ?? country,
        domain: email.slice(email.lastIndexOf("@") + 1),
        cohort: `${year}-Q${Math.ceil(Number(month) / 3)}`,
      },
    };
  },
});
