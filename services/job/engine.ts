import type { AddressPolicy } from "../notify/address.ts";
import type { Registry } from "../registry.ts";

/** What the services of one endpoint share. */
export interface Engine extends Registry {
  /** what the links in answers begin with */
  readonly publicUrl: string;
  /** where this process finds the ingress, to ask it which handlers there are */
  readonly ingressUrl: string;
  /** where webhooks may be sent */
  readonly webhookPolicy: AddressPolicy;
}
