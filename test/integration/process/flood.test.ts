import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCommand } from "../../../src/adapters/process/run-command.ts";

const MEASURE = fileURLToPath(new URL("../../fixtures/processes/measure-flood.ts", import.meta.url));

/** In a process of its own, so that nothing but the flood is measured. */
async function measure(...args: string[]): Promise<{ end: string; growthMb: number }> {
  const { stdout, stderr } = await runCommand({
    file: process.execPath,
    args: ["--import", "tsx", MEASURE, ...args],
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: { PATH: process.env.PATH ?? "" },
    timeoutMs: 50_000,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { end: string; growthMb: number };
}

// A whole gigabyte through the whole product: `npm run verify:trust`, row L1.
test("256 MB of output cost the dispatcher at most 64 MB of memory", async () => {
  const { end, growthMb } = await measure("256", "2048");
  expect(end).toBe("ok");
  expect(growthMb).toBeLessThanOrEqual(64);
});

test("a program that never stops writing is stopped at its bound, for as little", async () => {
  const { end, growthMb } = await measure("", "64");
  expect(end).toBe("output_limit");
  expect(growthMb).toBeLessThanOrEqual(64);
});
