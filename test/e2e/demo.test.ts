import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readHomeMarker } from "../../src/cli/demo/home-marker.ts";
import type { RunResult } from "../../src/dispatch/report.ts";
import { tempFolder } from "../support/demo-repo.ts";
import { processesLeft } from "../support/e2e.ts";
import { gitIn, readRefs } from "../support/git-repo.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function dispatch(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd, maxBuffer: 64e6, env: { ...process.env, LC_ALL: "C.UTF-8" } },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

async function leftOf(demo: string): Promise<readonly string[]> {
  const home = (await readHomeMarker(join(demo, ".git"))) ?? "";
  return await processesLeft([demo, await realpath(join(home, "postgres"))]);
}

/** A block of the README that claims to be the output of something. */
async function readmeBlock(name: string): Promise<string> {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  return new RegExp(`<!-- checked: ${name} -->\n+\`\`\`console\n([^]*?)\`\`\``).exec(readme)?.[1] ?? `no block ${name}`;
}

/** Numbers of pull requests and measured times differ from run to run. */
const shape = (text: string): string =>
  text.replace(/#\d+/g, "#n").replace(/[\dhms.]+s in all|(?<=worked )[\dhms.]+/g, "TIME");

/** Half a minute of work for two slow cores that others use too. */
const TIMEOUT = { timeout: 180_000 };

it("runs the whole job on a repository of its own, tells it, and leaves it for the next command", TIMEOUT, async () => {
  await using temp = await tempFolder();
  const demo = join(temp.path, "dispatch-demo");
  const { exitCode, stdout, stderr } = await dispatch(temp.path, "demo");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(await leftOf(demo)).toEqual([]);

  expect(stderr).toContain("made dispatch-demo");
  expect(shape(stdout)).toContain(shape(await readmeBlock("demo")));
  expect(stdout).toMatch(/^fan-out {2}\(7-1\) x 1\.83s = 11\.0s > 1\.0s spawn: 3 lanes$/m);
  expect(stdout).toMatch(/^inlined {2}T-6: /m);
  expect(stdout).toMatch(/T-1 +coded, tested, reviewed \(1 finding, fixed\) +#\d/);
  expect(stdout).toMatch(/T-2 +crashed, retried, coded, tested, reviewed +#\d/);
  expect(stdout).toContain("7 tasks, 7 pull requests ready for you");
  expect(stdout).toContain("cd dispatch-demo");
  expect(await gitIn(demo, "status", "--porcelain", "--untracked-files=all")).toBe("");

  // The state is found again from the folder alone, whatever DISPATCH_HOME says.
  const status = await dispatch(demo, "status", "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({
    tasks: Array.from({ length: 7 }, () => ({ state: "ready-for-human" })),
  });
  const again = await dispatch(temp.path, "demo");
  expect(again).toMatchObject({ exitCode: 2, stdout: "" });
  expect(again.stderr).toContain("not empty");
});

it("prints what run prints with --json: events, and as the last line the result", TIMEOUT, async () => {
  await using temp = await tempFolder();
  const demo = join(temp.path, "elsewhere");
  const { exitCode, stdout } = await dispatch(temp.path, "--json", "demo", "--dir", demo);
  expect(exitCode).toBe(0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; v: number });
  expect(new Set(lines.map(({ v }) => v))).toEqual(new Set([1]));
  expect(lines.slice(0, -1).every(({ type }) => type === "event")).toBe(true);

  const result = lines.at(-1) as RunResult;
  expect(result).toMatchObject({ type: "result", fanOut: { n: 7, lanes: 3, decision: "fan-out" } });
  expect(result.tasks.map(({ state }) => state)).toEqual(Array(7).fill("ready-for-human"));
  expect(new Set(result.tasks.map(({ pr }) => pr)).size).toBe(7);
  const walked = Object.fromEntries(result.tasks.map(({ id, rounds, attempts }) => [id, [rounds, attempts]]));
  expect(walked).toEqual({
    "T-1": [2, 2],
    "T-2": [1, 2],
    "T-3": [1, 1],
    "T-4a": [1, 1],
    "T-4b": [1, 1],
    "T-5": [1, 1],
    "T-6": [1, 1],
  });
  const branches = result.tasks.map(({ branch }) => `refs/heads/${branch ?? ""}`);
  expect(Object.keys(await readRefs(join(demo, ".demo/origin.git")))).toEqual(expect.arrayContaining(branches));
  expect(await leftOf(demo)).toEqual([]);
});
