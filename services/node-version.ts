// The first import of every entry. Old versions of Node read it too, as plain JavaScript from
// standard input in the npm scripts: no imports, no types.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Fanfold needs Node 22.18 or newer, but this is Node ${process.versions.node}.\n`,
  );
  process.exit(1);
}

export {};
