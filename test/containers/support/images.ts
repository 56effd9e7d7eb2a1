/** An image that `test/containers/run` has made, by its variable. */
export function image(variable: "FANFOLD_IMAGE" | "FANFOLD_NEXT_IMAGE" | "RESTATE_IMAGE"): string {
  const name = process.env[variable];
  if (name) return name;
  throw new Error(`${variable} is not set: npm run test:containers makes the images and sets it.`);
}
