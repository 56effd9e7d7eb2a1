import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { action } from "fanfold";
import { z } from "zod";

/** The files of a folder in the order of their names, 20 to a page. The cursor is the last name. */
export const listFiles = action({
  name: "list_files",
  input: z.object({ folder: z.string(), cursor: z.string().nullable() }),
  run: async ({ input: { folder, cursor } }) => {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const left = names.filter((name) => cursor === null || name > cursor).sort();
    const page = left.slice(0, 20);
    return {
      items: page.map((name) => join(folder, name)),
      cursor: left.length > page.length ? page.at(-1) : null,
    };
  },
});

/** Counts the lines of one file. */
export const countLines = action({
  name: "count_lines",
  input: z.object({ file: z.string() }),
  run: async ({ input: { file } }) => {
    const text = await readFile(file, "utf8");
    return { file, lines: text.split("\n").length - 1 };
  },
});
