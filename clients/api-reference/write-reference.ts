// npm run reference: writes docs/api.md anew.
import "../../services/node-version.ts";
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { apiReference } from "./reference.ts";

const file = new URL("../../docs/api.md", import.meta.url);
writeFileSync(file, await format(apiReference(), { parser: "markdown", printWidth: 100 }));
