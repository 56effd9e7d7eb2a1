import { serde, type Serde } from "@restatedev/restate-sdk";
import { z } from "zod";
import { JobId } from "../contract/job-request.ts";
import { LIMITS } from "../contract/limits.ts";
import { invalidField, invalidRequest, refusal } from "../failure.ts";
import { isTooDeep, MAX_DEPTH } from "./depth.ts";

/** A request body as it came: parsed if it could be. Reading it never throws, so that every refusal has our code. */
export type Body =
  | { readonly kind: "json"; readonly value: unknown; readonly bytes: number }
  | { readonly kind: "malformed"; readonly bytes: number }
  | { readonly kind: "too deep"; readonly bytes: number };

/** Serde of the input of public handlers; `schema` is only shown to whoever explores the service. */
export function bodySerde(schema: z.ZodType): Serde<Body> {
  return {
    contentType: "application/json",
    jsonSchema: z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
    serialize: (body) => serde.json.serialize(body.kind === "json" ? body.value : undefined),
    deserialize: (data) => {
      const bytes = data.length;
      if (bytes === 0) return { kind: "json", value: {}, bytes };
      const text = new TextDecoder().decode(data);
      if (isTooDeep(text)) return { kind: "too deep", bytes };
      try {
        return { kind: "json", value: JSON.parse(text), bytes };
      } catch {
        return { kind: "malformed", bytes };
      }
    },
  };
}

/** What the body says, or the refusal that fits: too large, not JSON, not to the schema. */
export function readBody<T>(schema: z.ZodType<T>, body: Body): T {
  if (body.bytes > LIMITS.requestBytes) throw tooLarge();
  if (body.kind === "malformed") throw refusal("MALFORMED_JSON", "The body is not valid JSON.");
  if (body.kind === "too deep") throw invalidField("", `is nested deeper than ${MAX_DEPTH} levels`);
  // Numbers and escapes can grow when they are written again.
  if (body.bytes > LIMITS.requestBytes / 8 && jsonBytes(body.value) > LIMITS.requestBytes) {
    throw tooLarge();
  }
  const parsed = schema.safeParse(body.value);
  if (!parsed.success) throw invalidRequest(parsed.error);
  return parsed.data;
}

export function checkJobId(jobId: string): void {
  if (!JobId.safeParse(jobId).success) {
    throw refusal("INVALID_JOB_ID", "A job id is 1-128 of A-Z a-z 0-9 . _ : -");
  }
}

// --- internal ---

function tooLarge() {
  return refusal(
    "REQUEST_TOO_LARGE",
    `The body is larger than ${LIMITS.requestBytes} bytes; bring more tasks by append.`,
  );
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
