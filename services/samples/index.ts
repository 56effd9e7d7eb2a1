import type { AnyAction } from "../actions.ts";
import type { AnyService } from "../app.ts";
import { prepareRecipients } from "./campaign/prepare-recipients.ts";
import { sendEmails } from "./campaign/send-emails.ts";
import { checkout } from "./checkout/checkout.ts";
import { checkoutSteps } from "./checkout/steps.ts";
import { probe } from "./probe.ts";

/** The actions of all samples. */
export const samples: readonly AnyAction[] = [probe, prepareRecipients, sendEmails];

/** The Restate services of all samples, bound beside Fanfold's. */
export const sampleServices: readonly AnyService[] = [checkout, checkoutSteps];
