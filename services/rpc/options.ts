import { serde, type Serde } from "@restatedev/restate-sdk";
import { z } from "zod";
import type { DefinedAction } from "../registry.ts";
import { bodySerde, readBody, type Body } from "../wire/body.ts";
import { textSerde } from "../wire/lines.ts";

/** An answer that is JSON text already. */
export const jsonTextSerde: Serde<string> = { ...textSerde, contentType: serde.json.contentType };

/** Of the public handler of an action: the ingress keeps answers for calls that repeat their key. */
export const RPC = { output: jsonTextSerde, idempotencyRetention: { hours: 1 } } as const;

/** Whatever JSON the body is; the action's own schema reads it. */
export const readInputBody = (body: Body): unknown => readBody(z.unknown(), body);

/** What an action takes; its schema is shown as far as JSON Schema has words for it. */
export function inputSerde({ input }: DefinedAction): Serde<Body> {
  try {
    return bodySerde(input ?? z.unknown());
  } catch {
    return bodySerde(z.unknown());
  }
}
