import type { Serde } from "@restatedev/restate-sdk";

/** A JSON head and the lines that follow it. Lines are JSON texts, passed on without being parsed. */
export interface Lines<Head> {
  readonly head: Head;
  readonly lines: readonly string[];
}

/** Newline-delimited JSON: what is bulky is written once and only read by whoever needs it. */
export function linesSerde<Head>(): Serde<Lines<Head>> {
  return {
    contentType: "application/x-ndjson",
    serialize: ({ head, lines }) =>
      new TextEncoder().encode([JSON.stringify(head), ...lines].join("\n")),
    deserialize: (data) => {
      const [head = "null", ...lines] = new TextDecoder().decode(data).split("\n");
      return { head: JSON.parse(head) as Head, lines };
    },
  };
}

/** Text stored as it is. */
export const textSerde: Serde<string> = {
  contentType: "text/plain",
  serialize: (text) => new TextEncoder().encode(text),
  deserialize: (data) => new TextDecoder().decode(data),
};
