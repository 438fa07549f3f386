import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start `dist/main.js`: only they pay for the build. */
const BUILT = ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"];

/** Data in, data out. */
const PURE = [
  "test/domain/**/*.test.ts",
  "test/config/**/*.test.ts",
  "test/adapters/**/*.test.ts",
  "test/cli/output/**/*.test.ts",
];

/** Minutes of killing and waiting: `npm test` leaves them to `npm run test:long` and to the gate. */
const LONG = [
  "test/dispatch/{adopted-tests,moved-bases,orders,orders-budget,rebuild}.test.ts",
  "test/integration/{git/hostile-trees,checks/task-against-task}.test.ts",
  "test/integration/engine/{durability,shared-engine}.test.ts",
  "test/integration/postgres/private-server.test.ts",
  "test/integration/secrets/withheld.test.ts",
  "test/e2e/{demo,trouble,hostile-files,agents-misbehave,interrupted,landing,propose,refusals,saved-work,secrets,tester,two-clones,workers}.test.ts",
  "test/e2e/github*.test.ts",
  "test/integration/github/{faults,finding-issues,forge,people}.test.ts",
  "test/integration/github-stand-in/**/*.test.ts",
];

/** Every bound, refusal and moment to die of what the others walk once: `npm run test:rare`, by hand, as `verify:crash`. */
const RARE = [
  "test/e2e/github-{action-bounds,dies}.test.ts",
  "test/dispatch/{landing,orders-rebase,suggestions}.test.ts",
];

/** The real agent CLIs of this machine: `npm run test:agents`. */
const AGENTS = ["test/agents/**/*.test.ts"];

const ONE_TEMP = "test/support/one-temp.ts";

const shared = {
  globalSetup: [ONE_TEMP],
  setupFiles: ["test/support/private-home.ts"],
  pool: "forks" as const,
  // Many of the tests wait for processes: with fewer files at once a part of the machine is idle.
  maxWorkers: Math.ceil(availableParallelism() * 2),
  // What takes 5 s by itself took 40 beside five others.
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    projects: [
      { extends: true, test: { ...shared, name: "pure", include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          ...shared,
          name: "source",
          // To read the program anew for every file was a seventh of their cost. What they change (environment, clock,
          // spies) they set back themselves.
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [...BUILT, ...PURE, ...LONG, ...RARE, ...AGENTS],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "built",
          include: BUILT,
          exclude: [...LONG, ...RARE],
          globalSetup: [ONE_TEMP, "test/support/build.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "long",
          include: LONG,
          exclude: RARE,
          globalSetup: [ONE_TEMP, "test/support/build.ts"],
        },
      },
      {
        extends: true,
        test: { ...shared, name: "rare", include: RARE, globalSetup: [ONE_TEMP, "test/support/build.ts"] },
      },
      {
        extends: true,
        test: { ...shared, name: "agents", include: AGENTS, globalSetup: [ONE_TEMP, "test/support/build.ts"] },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // The Action runs as the runner starts it, from its bundle alone.
      exclude: ["src/action/**"],
      reporter: ["text-summary"],
      // Programs that tests start (dist/main.js, agents) are not counted, so the floor for the rest is below what runs.
      thresholds: { lines: 85, branches: 75, functions: 87, "src/domain/**": { 100: true } },
    },
  },
});
