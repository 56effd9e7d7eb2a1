import "./services/node-version.ts";
import { defineConfig } from "vitest/config";

const seconds = 1000;

/** Each file starts servers of its own; they mostly wait. */
const serverTests = { pool: "forks", maxWorkers: 3 } as const;

/** What a test expects need not be read. */
const env = { FANFOLD_LOG: process.env["FANFOLD_LOG"] ?? "error" };

/** What these test is the embedded server itself, or its worker: no container can stand in. */
const onEmbeddedServer = ["campaign", "crashing", "embedded", "identity", "secrets"];
const isServerContained = process.env["FANFOLD_TEST_SERVER"] === "container";

/** These start servers that replay nothing, whatever is asked for. */
const onUsualServer = ["cli/examples", "tutorial"];
const isReplayed = process.env["FANFOLD_TEST_SUSPEND"] === "1";

const leftOut = [
  ...(isServerContained ? onEmbeddedServer : []),
  ...(isReplayed ? onUsualServer : []),
];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", env, include: ["test/unit/**/*.test.ts"] } },
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: "tsc",
            tsconfig: "./tsconfig.types.json",
            include: ["test/types/**/*.test-d.ts"],
          },
        },
      },
      {
        test: {
          ...serverTests,
          name: "e2e",
          env,
          include: ["test/e2e/**/*.test.ts"],
          exclude: leftOut.map((name) => `test/e2e/${name}.test.ts`),
          testTimeout: 60 * seconds,
          hookTimeout: 60 * seconds,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...serverTests,
          name: "chaos",
          env,
          include: ["test/chaos/**/*.test.ts"],
          testTimeout: 300 * seconds,
          hookTimeout: 120 * seconds,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "containers",
          env,
          include: ["test/containers/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 300 * seconds,
          hookTimeout: 180 * seconds,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
