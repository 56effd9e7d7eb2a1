import type { AnyAction } from "../actions.ts";
import { prepareRecipients } from "./campaign/prepare-recipients.ts";
import { sendEmails } from "./campaign/send-emails.ts";
import { probe } from "./probe.ts";

/** The actions of all samples. */
export const samples: readonly AnyAction[] = [probe, prepareRecipients, sendEmails];
