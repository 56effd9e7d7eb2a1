import { createRequire, findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

/** The restate-server of this platform, as npm installed it: no wrapper process around it. */
export function serverBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const wrapper = require.resolve("@restatedev/restate-server/package.json");
    return createRequire(wrapper).resolve(
      `@restatedev/restate-server-${platform}/bin/restate-server`,
    );
  } catch (cause) {
    throw new Error(
      `The Restate server for ${platform} is not installed: run npm ci (without --omit=optional).`,
      { cause },
    );
  }
}

/** `restate.toml` of the package: what is true wherever Fanfold runs. */
export function serverConfig(): string {
  const manifest = findPackageJSON(import.meta.url);
  if (!manifest) throw new Error(`No package.json above ${import.meta.url}`);
  return join(dirname(manifest), "restate.toml");
}
