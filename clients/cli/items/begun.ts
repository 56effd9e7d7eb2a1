/** A source whose first item has been read: what cannot be read at all has failed by then. */
export async function begun<Item>(source: AsyncIterable<Item>): Promise<AsyncGenerator<Item>> {
  const items = source[Symbol.asyncIterator]();
  const first = await items.next();
  return following(first, { [Symbol.asyncIterator]: () => items });
}

// --- internal ---

async function* following<Item>(
  first: IteratorResult<Item, unknown>,
  others: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  if (first.done) return;
  yield first.value;
  yield* others;
}
