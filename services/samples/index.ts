import type { AnyService } from "../app.ts";
import type { Definition } from "../registry.ts";
import { prepareRecipients } from "./campaign/prepare-recipients.ts";
import { sendEmails } from "./campaign/send-emails.ts";
import { checkout } from "./checkout/checkout.ts";
import { checkoutSteps } from "./checkout/steps.ts";
import { aggregateResults } from "./fan-out-fan-in/aggregate-results.ts";
import { processWorkItem } from "./fan-out-fan-in/process-work-item.ts";
import { samplesService } from "./fan-out-fan-in/service.ts";
import { probe } from "./probe.ts";
import { enrichRecord } from "./records/enrich-record.ts";
import { storeRecord } from "./records/store-record.ts";
import { validateRecord } from "./records/validate-record.ts";
import { listImages } from "./thumbnails/list-images.ts";
import { resizeImage } from "./thumbnails/resize-image.ts";

/** The actions and folds of all samples. */
export const samples: readonly Definition[] = [
  probe,
  prepareRecipients,
  sendEmails,
  processWorkItem,
  aggregateResults,
  validateRecord,
  enrichRecord,
  storeRecord,
  listImages,
  resizeImage,
];

/** The Restate services of all samples, bound beside Fanfold's. */
export const sampleServices: readonly AnyService[] = [samplesService, checkout, checkoutSteps];
