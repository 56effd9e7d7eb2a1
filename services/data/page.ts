/** The first lines, as many as fit; at least one if there is any. */
export function page(lines: readonly string[], limit: number, maxBytes: number): string[] {
  const taken: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(0, limit)) {
    bytes += Buffer.byteLength(line);
    if (taken.length > 0 && bytes > maxBytes) break;
    taken.push(line);
  }
  return taken;
}
