import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";

export interface Sink {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** A file to write to, or standard output. */
export async function openSink(path: string | undefined): Promise<Sink> {
  if (path === undefined) return { write: writerTo(process.stdout), close: async () => undefined };
  const file = createWriteStream(path);
  await once(file, "open");
  return {
    write: writerTo(file),
    close: () => {
      file.end();
      return finished(file);
    },
  };
}

// --- internal ---

const writerTo = (stream: NodeJS.WritableStream) => async (text: string) => {
  if (!stream.write(text)) await once(stream, "drain");
};
