import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Four steps of 570 ms together, of which the slowest takes 200: 2.85 times as fast at best. */
export const checkout: Section = {
  name: "checkout",
  withinMs: 60_000,
  async measure({ ingress, repeats }) {
    const { sequential, parallel } = await interleave(repeats(15), {
      sequential: () => ingress.checkOut("sequential"),
      parallel: () => ingress.checkOut("parallel"),
    });
    return [
      { name: "checkout in sequence", value: sequential, unit: "ms" },
      { name: "checkout in parallel", value: parallel, unit: "ms" },
      {
        name: "checkout in sequence : in parallel",
        value: sequential / parallel,
        unit: "×",
        target: { atLeast: 2.5 },
      },
    ];
  },
};
