import { z } from "zod";
import { action, emit } from "../../actions.ts";
import { readFolder } from "./image-folder.ts";

/** Which images to make smaller, and how wide or high they are at most afterwards. */
export const ThumbnailsInput = z.object({
  /** a folder in `FANFOLD_IMAGES_DIR` */
  folder: z.string().default("."),
  width: z.int().min(1).max(4_096).default(200),
});

/** Finds the images of a folder: each becomes a task of the next stage. */
export const listImages = action({
  name: "list_images",
  input: ThumbnailsInput,
  output: z.object({ folder: z.string(), images: z.int(), others: z.int() }),
  run: async ({ input: { folder } }) => {
    const { images, others } = await readFolder(folder);
    const result = { folder, images: images.length, others };
    return emit(result, { foreach: { as: "file", items: images } });
  },
});
