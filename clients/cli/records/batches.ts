/** Gathers items into batches of at most `items` items and, but for a single larger one, `chars` characters of JSON. */
export async function* batches<Item>(
  source: AsyncIterable<Item>,
  { items, chars }: { items: number; chars: number },
): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  let length = 0;
  for await (const item of source) {
    const more = JSON.stringify(item).length;
    if (batch.length === items || (batch.length > 0 && length + more > chars)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(item);
    length += more;
  }
  if (batch.length > 0) yield batch;
}
