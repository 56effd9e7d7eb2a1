// npm run reference: writes docs/cli.md anew.
import "../../services/node-version.ts";
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { reference } from "./reference.ts";

const file = new URL("../../docs/cli.md", import.meta.url);
writeFileSync(file, await format(reference(), { parser: "markdown", printWidth: 100 }));
