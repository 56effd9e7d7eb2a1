import fc from "fast-check";
import type { JobRequest } from "../../services/contract/index.ts";

/** Requests that fit the contract, with every field that it has; actions are among `actions`. */
export function goodRequests(actions: readonly string[]): fc.Arbitrary<JobRequest> {
  const name = fc.constantFrom(...actions);
  const receivers = fc.array(fc.record({ action: name }), { maxLength: 2 });
  const options = {
    payload: maybe(payload),
    limits: maybe(
      fc.record({ concurrency: maybe(concurrency), rate: rarely(rate) }, { requiredKeys: [] }),
    ),
    retry: maybe(retry),
    timeout: maybe(
      fc.oneof(fc.constantFrom("1ms", "10s", "6h"), fc.integer({ min: 1, max: 60_000 })),
    ),
    cancelGrace: maybe(duration),
    failurePolicy: maybe(failurePolicy),
    succeedAfter: maybe(fc.option(fc.integer({ min: 1, max: 30 }))),
    fold: maybe(fold),
    onComplete: rarely(receivers),
  };
  const stage = fc.oneof(name, fc.record({ action: name, ...options }));
  const few = fc.oneof(
    { weight: 9, arbitrary: fc.array(stage, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(stage, { minLength: 1, maxLength: 15 }) },
  );
  const stages = fc.oneof(
    fc.record({ action: name, nextActions: maybe(few) }),
    fc.record({ actionChain: few }),
  );
  const feeding = fc.oneof(
    { weight: 4, arbitrary: fc.record({ fanout, open: maybe(fc.constant(false)) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        fanout: maybe(fanout),
        open: fc.constant(true),
        sealBy: maybe(duration),
        sealPolicy: maybe(fc.constantFrom("fail", "seal")),
      }),
    },
  );
  const rest = fc.record({
    ...options,
    deadline: maybe(fc.option(duration)),
    delay: maybe(duration),
    retention: maybe(fc.constantFrom("1h", "24h", "365d", 3_600_000)),
    labels: maybe(fc.dictionary(label, label, { maxKeys: 16 })),
  });
  return fc.tuple(stages, feeding, rest).map((parts) => Object.assign({}, ...parts) as JobRequest);
}

/** Requests in which something was left out, added or replaced by something else. */
export function oddRequests(good: fc.Arbitrary<JobRequest>): fc.Arbitrary<unknown> {
  return fc
    .tuple(good, fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 3 }))
    .map(([request, changes]) => changes.reduce<unknown>(changed, request));
}

/** Bodies that nobody meant as a request, as they are sent. */
export const garbage: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc.string({ unit: "binary", minLength: 1 }),
  fc
    .json()
    .filter(({ length }) => length > 1)
    .map((text) => text.slice(0, -1)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  fc.jsonValue().map((value) => JSON.stringify({ action: value, fanout: value, payload: value })),
);

// --- internal ---

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const duration = fc.oneof(
  fc.constantFrom("0ms", "50ms", "10s", "15m", "24h", "365d", 0, 31_536_000_000),
  fc.integer({ min: 0, max: 100_000 }),
);
const label = fc.string({ minLength: 1, maxLength: 64 });
const payload = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
const concurrency = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 100_000));
const rate = fc.option(
  fc.record({ tasks: fc.integer({ min: 1, max: 1_000 }), per: fc.constantFrom("1s", "1m", 500) }),
);
const retry = fc.record(
  {
    maxAttempts: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1_000)),
    initialInterval: duration,
    maxInterval: duration,
    factor: fc.oneof(fc.constantFrom(1, 100), fc.double({ min: 1, max: 100, noNaN: true })),
    jitter: fc.boolean(),
  },
  { requiredKeys: [] },
);
const bound = fc.oneof(
  fc.record({ count: fc.nat({ max: 30 }) }),
  fc.record({ percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
  fc.record({ count: fc.nat({ max: 30 }), percent: fc.integer({ min: 0, max: 100 }) }),
);
const failurePolicy = fc.oneof(
  fc.constantFrom("complete-all", "best-effort", "all-or-nothing"),
  fc.record({ tolerate: bound, onExceeded: maybe(fc.constantFrom("stop", "finish")) }),
);
const path = fc.constantFrom("value", "a.b", "item");
const fold = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("collect", "none", "count") },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ stats: fc.record({ path }) }),
      fc.record({ groupBy: fc.record({ path }) }),
      fc.record({ topK: fc.record({ path, k: fc.integer({ min: 1, max: 1_000 }) }) }),
    ),
  },
);

const field = maybe(fc.constantFrom("item", "page", "toString", "x_1"));
const batch = maybe(fc.integer({ min: 1, max: 1_000 }));
/** How many tasks: mostly few, now and then as many as a stage may have. */
const size = fc.oneof(
  { weight: 399, arbitrary: fc.nat({ max: 15 }) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 1_000_000, 1_000_000_000) },
);
const range = fc
  .record({
    as: field,
    start: fc.integer(),
    step: maybe(fc.constantFrom(1, 2, -1, -3, 1_000)),
    batch,
    size,
  })
  .map(({ size: count, ...given }) => ({
    ...given,
    stop: given.start + (count - 1) * (given.step ?? 1),
  }));
const items = fc.array(fc.jsonValue(), { maxLength: 20 });
const fanout = fc.oneof(
  fc.record({ foreach: fc.record({ as: field, items, batch }) }),
  fc.record({ range }),
  fc.record({ tasks: size }),
);

/** What takes the place of a part of a request; undefined: nothing does. */
const change: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    "",
    "x",
    [],
    {},
    -1,
    0,
    0.5,
    1e21,
    2 ** 53,
    "1.5s",
    "400d",
  ),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "a b",
    "Runner",
    "Job/x/submit",
    "\u0000",
    "9".repeat(400),
  ),
  fc.jsonValue(),
);

/** A request with its part number `at` replaced, left out, or joined by an unknown neighbour. */
function changed(request: unknown, [at, value]: [number, unknown]): unknown {
  const copy: unknown = structuredClone(request);
  const places = [...placesIn(copy)];
  const place = places[at % Math.max(1, places.length)];
  if (!place) return value;
  const [parent, key] = place;
  if (at % 7 === 0) Reflect.set(parent, "unknown", value);
  else Reflect.set(parent, key, value);
  return copy;
}

function* placesIn(value: unknown): Generator<[object, string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    yield [value, key];
    yield* placesIn(part);
  }
}
