/** Finds what lies at a dot-separated path of a JSON value, such as `a.b.0`; undefined if nothing does. */
export function valueAt(path: string): (value: unknown) => unknown {
  const steps = path.split(".");
  return (value) => {
    let at = value;
    for (const step of steps) {
      if (typeof at !== "object" || at === null || !isField(at, step)) return undefined;
      at = at[step];
    }
    return at;
  };
}

/** Finds the finite number that lies there, if one does. */
export function numberAt(path: string): (value: unknown) => number | undefined {
  const find = valueAt(path);
  return (value) => {
    const found = find(value);
    return typeof found === "number" && Number.isFinite(found) ? found : undefined;
  };
}

// --- internal ---

/** Not what objects inherit, nor the length of a list: only what JSON has written. */
function isField(value: object, name: string): value is Record<string, unknown> {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}
