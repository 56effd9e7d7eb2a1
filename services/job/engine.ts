import type { AddressPolicy } from "../notify/address.ts";
import type { FindAction } from "./core/plan.ts";

/** What the services of one endpoint share. */
export interface Engine {
  readonly findAction: FindAction;
  /** what the links in answers begin with */
  readonly publicUrl: string;
  /** where webhooks may be sent */
  readonly webhookPolicy: AddressPolicy;
}
