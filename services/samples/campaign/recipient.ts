import { z } from "zod";

/** Somebody who gets a mail. The address goes into a mail's header: no blanks, no line breaks. */
export const Recipient = z.object({
  id: z.int(),
  name: z.string(),
  email: z.string().regex(/^[^\s<>@]+@[^\s<>@]+$/, { error: "must be a mail address" }),
});
export type Recipient = z.infer<typeof Recipient>;
