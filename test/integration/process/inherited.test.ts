import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { whyNoFence } from "../../support/fence.ts";

const OWNER = fileURLToPath(new URL("../../fixtures/processes/owner.ts", import.meta.url));
const SECRET = "of-the-shell-that-started-us";
/** Two that Node.js closes by itself, and two beyond the first gap. */
const HELD = [9, 15, 40, 63];
const LOOK = `ls /proc/self/fd; cat ${HELD.map((fd) => `/proc/self/fd/${fd}`).join(" ")}; true`;

/** Node.js with the secret open in every one of these descriptors. */
function runHolding(folder: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  writeFileSync(join(folder, "secret"), SECRET);
  const fd = openSync(join(folder, "secret"), "r");
  onTestFinished(() => closeSync(fd));
  const held = Array.from({ length: 64 }, (_, at) => (HELD.includes(at) ? fd : at < 3 ? "pipe" : "ignore"));
  return spawnSync(process.execPath, args, { stdio: held, encoding: "utf8" });
}

test("Node.js hands on what it was started with, so that this proves something", () => {
  const script = `process.stdout.write(require("node:child_process").execFileSync("sh", ["-c", ${JSON.stringify(LOOK)}]))`;
  expect(runHolding(temporaryFolder("inherited"), "-e", script).stdout).toContain(SECRET);
});

/** What it finds when a dispatcher with the secret open starts it. */
async function look(mode: "off" | "fenced"): Promise<string> {
  const folder = temporaryFolder("inherited");
  mkdirSync(join(folder, "tree"));
  const { status, stderr } = runHolding(folder, "--import", "tsx", OWNER, folder, LOOK, mode);
  return status === 0 ? await readFile(join(folder, "log"), "utf8") : stderr;
}

const SAW_NOTHING = new RegExp(`^0\\n1\\n(?![^]*${SECRET})`);

test("no descriptor of who started us reaches a program", async () => {
  expect(await look("off")).toMatch(SAW_NOTHING);
});

test.skipIf(whyNoFence !== null)("nor one inside the fence", async () => {
  expect(await look("fenced")).toMatch(SAW_NOTHING);
});
