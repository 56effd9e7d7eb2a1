import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { sampleServices, samples } from "../../services/samples/index.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const outside = mkdtempSync(join(tmpdir(), "fanfold-thumbnails-"));
afterAll(() => rmSync(outside, { recursive: true }));
const root = join(outside, "images");
process.env["FANFOLD_IMAGES_DIR"] = root;

const { job } = await startTestFanfold({ actions: samples, services: sampleServices });

const drawn = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 80, b: 20 } } });

/** Real images in a folder of their own. */
async function folderWith(name: string, images: Record<string, Sharp>): Promise<string> {
  mkdirSync(join(root, name), { recursive: true });
  for (const [file, image] of Object.entries(images)) await image.toFile(join(root, name, file));
  return name;
}

const thumbnails = (folder: string, width?: number) => ({
  action: "list_images",
  payload: { folder, ...(width === undefined ? {} : { width }) },
  fanout: { tasks: 1 },
  nextActions: ["resize_image"],
});

describe("thumbnails", () => {
  it("makes a small image of every image of a folder", async () => {
    const folder = await folderWith("all", {
      "wide.jpg": drawn(800, 400),
      "high.PNG": drawn(300, 900),
      "small.webp": drawn(40, 30),
      "turned.jpeg": drawn(800, 400).withMetadata({ orientation: 6 }),
    });
    writeFileSync(join(root, folder, "notes.txt"), "no image");
    const outcome = await job().run(thumbnails(folder, 200));

    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ result: [{ ok: true, value: { folder, images: 4, others: 1 } }] }, {}],
    });
    expect(outcome.result).toMatchObject([
      { value: { file: "high.PNG", width: 67, height: 200 } },
      { value: { file: "small.webp", width: 40, height: 30 } },
      { value: { file: "turned.jpeg", width: 100, height: 200 } },
      { value: { file: "wide.jpg", width: 200, height: 100, bytes: expect.any(Number) } },
    ]);
    const written = await sharp(join(root, "all/thumbnails/200/wide.jpg.webp")).metadata();
    expect(written).toMatchObject({ format: "webp", width: 200, height: 100 });
  });

  it("fails what is no image, makes the others, and makes it once it is one", async () => {
    const folder = await folderWith("broken", { "a.png": drawn(300, 300) });
    writeFileSync(join(root, folder, "b.png"), "this is no image");
    const whole = await drawn(300, 300).png().toBuffer();
    writeFileSync(join(root, folder, "c.png"), whole.subarray(0, whole.length - 40));
    const thumbs = job();
    const outcome = await thumbs.run(thumbnails(folder));

    expect(outcome).toMatchObject({
      status: "FAILED",
      stages: [{ status: "SUCCEEDED" }, { taskCounts: { SUCCEEDED: 1, FAILED: 2 } }],
      result: [
        { ok: true },
        { ok: false, error: { code: "NOT_AN_IMAGE" } },
        { ok: false, error: { code: "NOT_AN_IMAGE" } },
      ],
    });
    writeFileSync(join(root, folder, "b.png"), whole);
    writeFileSync(join(root, folder, "c.png"), whole);
    await thumbs.redrive({ only: "failed" });
    expect(await thumbs.outcome()).toMatchObject({
      status: "SUCCEEDED",
      generation: 2,
      taskCounts: { SUCCEEDED: 4 },
    });
  });

  it("has nothing to do in an empty folder", async () => {
    const outcome = await job().run(thumbnails(await folderWith("empty", {})));
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ result: [{ value: { images: 0, others: 0 } }] }, { taskCounts: { total: 0 } }],
    });
  });

  it.each(["missing", "..", "../images/../..", "link", "all.txt"])(
    "finds no folder %j in its own",
    async (folder) => {
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, "all.txt"), "no folder");
      rmSync(join(root, "link"), { force: true });
      symlinkSync(outside, join(root, "link"));
      const outcome = await job().run(thumbnails(folder));
      expect(outcome).toMatchObject({
        status: "FAILED",
        stages: [
          { result: [{ ok: false, error: { code: "NO_SUCH_FILE" } }] },
          { taskCounts: { total: 0 } },
        ],
      });
    },
  );

  it("takes no file by a path", async () => {
    const folder = await folderWith("plain", { "a.png": drawn(10, 10) });
    const outcome = await job().run({
      action: "resize_image",
      payload: { folder },
      fanout: { foreach: { as: "file", items: ["../plain/a.png", "..", "missing.png"] } },
    });
    expect(outcome.result).toMatchObject([
      { ok: false, error: { code: "INVALID_INPUT" } },
      { ok: false },
      { ok: false, error: { code: "NO_SUCH_FILE" } },
    ]);
  });

  it("refuses a width that makes no sense before anything is resized", async () => {
    const folder = await folderWith("width", { "a.png": drawn(10, 10) });
    const outcome = await job().run(thumbnails(folder, 0));
    expect(outcome.stages[0]?.result).toMatchObject([
      { ok: false, error: { code: "INVALID_INPUT" } },
    ]);
  });
});
