/** What lies at a dot-separated path of a JSON value, such as `a.b.0`; undefined if nothing does. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const step of path.split(".")) {
    if (typeof at !== "object" || at === null || !isField(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

/** The finite number that lies there, if one does. */
export function numberAt(value: unknown, path: string): number | undefined {
  const found = valueAt(value, path);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

// --- internal ---

/** Not what objects inherit, nor the length of a list: only what JSON has written. */
function isField(value: object, name: string): value is Record<string, unknown> {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}
