import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
import { openSandbox } from "../../../src/adapters/sandbox/open-sandbox.ts";
import { whyNoFence } from "../../support/fence.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** What a program says inside a fence with little memory. */
async function say(file: string, ...args: readonly string[]): Promise<string> {
  const scratch = temporaryFolder("caps");
  for (const name of ["home", "tmp", "tree"]) mkdirSync(join(scratch, name));
  const sandbox = openSandbox({ mode: "required", repository: null, memoryMb: 512 });
  const command = { file, args, cwd: join(scratch, "tree"), env: { PATH: process.env.PATH ?? "" } };
  const wrapped = await sandbox.wrap(command, { scratch, network: "none", reads: [], writes: [] });
  const { stdout, stderr, exitCode } = await runCommand({ ...wrapped, timeoutMs: 50_000 });
  return exitCode === 0 ? stdout.trim() : `exit ${exitCode}: ${stderr}`;
}

/** As far as it gets, but not beyond a gigabyte. */
const EATS = `const held = [];
try { while (held.length < 16) held.push(Buffer.alloc(64 * 1024 ** 2, 1)); } catch (error) { console.log(error.name); }
console.log(held.length);`;

/** What reserves address space by the gigabyte. */
const RESERVES = `const { createServer } = require("node:http");
const memories = Array.from({ length: 16 }, () => new WebAssembly.Memory({ initial: 10, maximum: 65536 }));
const server = createServer((_, response) => response.end("fetched")).listen(0, "127.0.0.1", async () => {
  const answer = await fetch("http://127.0.0.1:" + server.address().port);
  console.log(await answer.text(), memories.length);
  server.close();
});`;

const OPENS = `const { openSync } = require("node:fs");
let held = 0;
try { for (; held < 5000; held += 1) openSync("/dev/null"); } catch (error) { console.log(error.code); }`;

const GROWS = `try { require("node:fs").truncateSync("big", 3 * 1024 ** 3); } catch (error) { console.log(error.code); }`;

describe.skipIf(whyNoFence !== null)("a program inside the fence", () => {
  test("has so much memory and no more", async () => {
    expect(await say("node", "-e", EATS)).toMatch(/^RangeError\n[4-7]$/);
  });

  test("may reserve what it does not use", async () => {
    expect(await say("node", "-e", RESERVES)).toBe("fetched 16");
  });

  test("opens so many files, none of them larger than two gigabytes", async () => {
    expect(await say("node", "-e", OPENS)).toBe("EMFILE");
    expect(await say("sh", "-c", 'echo x > big; node -e "$0"', GROWS)).toMatch(/EFBIG|exit 153/);
  });
});
