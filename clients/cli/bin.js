#!/usr/bin/env node
// Plain JavaScript: a Node that is too old cannot read TypeScript, but shall say what it lacks.
import { readFileSync } from "node:fs";

const guard = readFileSync(new URL("../../services/node-version.ts", import.meta.url), "utf8");
await import(`data:text/javascript,${encodeURIComponent(guard)}`);
// What is compiled once is kept: most commands take less time than it does.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
await import("./main.ts");
