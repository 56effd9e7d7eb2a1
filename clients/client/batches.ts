/**
 * Gathers items, as JSON, into batches of at most `items` items and, but for a single larger one, `bytes`
 * bytes. The same items make the same batches.
 */
export async function* batches(
  source: AsyncIterable<unknown>,
  most: { readonly items: number; readonly bytes: number },
): AsyncGenerator<string[]> {
  const encoder = new TextEncoder();
  let batch: string[] = [];
  let bytes = 0;
  for await (const item of source) {
    // As in a list of JSON: what cannot be written is null.
    const json = (JSON.stringify(item) as string | undefined) ?? "null";
    const more = encoder.encode(json).length;
    if (batch.length === most.items || (batch.length > 0 && bytes + more > most.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(json);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}
