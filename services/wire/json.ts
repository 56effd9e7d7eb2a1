import type { Serde } from "@restatedev/restate-sdk";

/** JSON, typed; nothing is checked, so for Fanfold's own messages and state only. */
export function jsonSerde<T>(): Serde<T> {
  return {
    contentType: "application/json",
    serialize: (value) =>
      value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value)),
    deserialize: (data) =>
      (data.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(data))) as T,
  };
}
