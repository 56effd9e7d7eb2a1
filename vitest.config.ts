import "./services/node-version.ts";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const seconds = 1000;

/** Each file starts servers of its own; they mostly wait. */
const serverTests = { pool: "forks", maxWorkers: 3 } as const;

const env = {
  /** What a test expects need not be read. */
  FANFOLD_LOG: process.env["FANFOLD_LOG"] ?? "error",
  /** Each file is a process and starts more of them. Node keeps what it compiles where it does so by itself. */
  NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
};

/** What these test is the embedded server itself, or its worker: no container can stand in. */
const onEmbeddedServer = ["campaign", "crashing", "embedded", "identity", "secrets"];
const isServerContained = process.env["FANFOLD_TEST_SERVER"] === "container";

/** Where a replay proves nothing that it does not prove elsewhere. */
const liveOnly = [
  // They start servers that replay nothing, whatever is asked for.
  "cli/examples",
  "tutorial",
  // What they test lies before the handlers: commands, the client, processes and who may call whom.
  "cli/feeding",
  "cli/reading",
  "cli/watching",
  "client",
  "mail-pool",
  "embedded",
  "identity",
  "register-worker",
  "secrets",
  // Refusals: a handler that makes them has done nothing durable that could be replayed.
  "bad-input",
  // What they promise is promised of attempts that are left to run.
  "killed-runner",
  "max-tasks",
  "metrics",
  "small-job",
];
const isReplayed = process.env["FANFOLD_TEST_SUSPEND"] === "1";

const leftOut = [...(isServerContained ? onEmbeddedServer : []), ...(isReplayed ? liveOnly : [])];

/** Those that take longest, the longest first; every second one waits more than it works. */
const longest = [
  "e2e/crashing",
  "e2e/fuzz",
  "chaos/crashing-task",
  "chaos/killed-processes",
  "e2e/limits",
  "e2e/far-retries",
  "e2e/cli/examples",
  "chaos/killed-source",
  "e2e/cli/feeding",
  "chaos/folds",
  "chaos/graceful-end",
  "e2e/logs",
  "e2e/forgotten",
  "e2e/reading",
  "e2e/model",
];

/** What runs last should be short: then no core is idle at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["test/unit/**/*.test.ts"],
          maxWorkers: availableParallelism(),
        },
      },
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
          testTimeout: 120 * seconds,
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
