import { randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, sep } from "node:path";
import { TerminalError } from "../../actions.ts";
import { setting } from "../setting.ts";

/**
 * Where something in `FANFOLD_IMAGES_DIR` is. Names may come from anybody: what leads out of that folder,
 * be it by a symbolic link, is not there.
 */
export async function imagePath(...names: readonly string[]): Promise<string> {
  const name = names.join("/");
  const root = await found(realpath(setting("FANFOLD_IMAGES_DIR")), "FANFOLD_IMAGES_DIR");
  const path = await found(realpath(join(root, name)), name);
  if (path !== root && !path.startsWith(root + sep)) throw noSuchFile(name);
  return path;
}

/** The names of a folder's images, sorted, and how many other files it has. */
export async function readFolder(folder: string): Promise<{ images: string[]; others: number }> {
  const path = await imagePath(folder);
  const entries = await found(readdir(path, { withFileTypes: true }), folder);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const images = files.filter((name) => extensions.has(extname(name).toLowerCase())).sort();
  return { images, others: files.length - images.length };
}

/** Writes a file whole or not at all: who looks for it never finds half of it. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

// --- internal ---

const extensions: ReadonlySet<string> = new Set([
  ".avif",
  ".gif",
  ".jpeg",
  ".jpg",
  ".png",
  ".tif",
  ".tiff",
  ".webp",
]);

async function found<Thing>(thing: Promise<Thing>, name: string): Promise<Thing> {
  try {
    return await thing;
  } catch (cause) {
    throw noSuchFile(name, cause);
  }
}

function noSuchFile(name: string, cause?: unknown): TerminalError {
  const message = `There is no "${name}" among the images.`;
  return new TerminalError(message, { code: "NO_SUCH_FILE", cause });
}
