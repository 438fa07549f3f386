import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start `dist/main.js`: only they pay for the build. */
const BUILT = ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"];

const shared = {
  setupFiles: ["test/support/private-home.ts"],
  pool: "forks" as const,
  // Many of the tests wait for processes: with one file for each core a fifth of the machine was idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    projects: [
      { extends: true, test: { ...shared, name: "source", include: ["test/**/*.test.ts"], exclude: BUILT } },
      { extends: true, test: { ...shared, name: "built", include: BUILT, globalSetup: ["test/support/build.ts"] } },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary"],
      // Programs that tests start (dist/main.js, agents) are not counted, so the floor for the rest is below what runs.
      thresholds: { lines: 85, branches: 75, functions: 87, "src/domain/**": { 100: true } },
    },
  },
});
