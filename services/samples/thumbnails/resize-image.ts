import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { action, TerminalError } from "../../actions.ts";
import { imagePath, writeWhole } from "./image-folder.ts";
import { ThumbnailsInput } from "./list-images.ts";

/** Makes one image smaller. A task that runs again writes the same file again. */
export const resizeImage = action({
  name: "resize_image",
  input: ThumbnailsInput.extend({ file: z.string().regex(/^[^/\\]+$/) }),
  output: z.object({
    file: z.string(),
    thumbnail: z.string(),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
  }),
  run: async ({ input: { folder, file, width } }, { signal }) => {
    const path = await imagePath(folder, file);
    const image = await readFile(path, { signal });
    const { data, info } = await resized(image, width).catch((cause: Error) => {
      const message = `${file} cannot be read as an image: ${cause.message}`;
      throw new TerminalError(message, { code: "NOT_AN_IMAGE", cause });
    });
    const thumbnail = join("thumbnails", `${width}`, `${file}.webp`);
    await writeWhole(join(dirname(path), thumbnail), data);
    return {
      file,
      thumbnail: join(folder, thumbnail),
      width: info.width,
      height: info.height,
      bytes: info.size,
    };
  },
});

// --- internal ---

async function resized(image: Uint8Array, width: number) {
  // Loaded with the first image only: it is large, and most workers never see one.
  const { default: sharp } = await import("sharp");
  return sharp(image)
    .autoOrient()
    .resize({ width, height: width, fit: "inside", withoutEnlargement: true })
    .webp()
    .toBuffer({ resolveWithObject: true });
}
