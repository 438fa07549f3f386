import { execFileSync } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSandbox } from "../../../src/adapters/sandbox/open-sandbox.ts";
import type { Fence } from "../../../src/ports/sandbox.ts";
import { caught } from "../../support/caught.ts";
import { whyNoFence } from "../../support/fence.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const COMMAND = { file: "true", args: [], cwd: "/", env: { PATH: "/bin" } };
const COMPARTMENT = { scratch: "/", network: "none" as const, reads: [], writes: [] };

const probe = (path: string): Promise<Fence> => openSandbox({ mode: "auto", repository: null, path }).probe();

/** A PATH of one folder, in which `bwrap` is this script. */
async function pathWith(script: string): Promise<string> {
  const folder = temporaryFolder("path");
  await writeFile(join(folder, "bwrap"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

test("a machine without bubblewrap has no fence, and the fix is said", async () => {
  const fix = "apt-get install bubblewrap";
  expect(await probe("/nowhere")).toEqual({ kind: "open", why: "bubblewrap is not installed", fix });
});

test("a bubblewrap that does not work is no fence: it is tried, and its words are handed on", async () => {
  const path = await pathWith("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1");
  const fence = await probe(path);
  expect(fence).toMatchObject({
    kind: "open",
    why: "bubblewrap does not work here (bwrap: setting up uid map: Permission denied)",
  });
  expect(fence.kind === "open" && fence.fix).not.toContain("apt-get install bubblewrap");
});

test("it is tried once, whoever asks", async () => {
  const path = await pathWith('echo x >> "$0.tries"; exit 1');
  const sandbox = openSandbox({ mode: "auto", repository: null, path });
  await Promise.all([sandbox.probe(), sandbox.probe(), sandbox.wrap(COMMAND, COMPARTMENT)]);
  expect(await readFile(join(path, "bwrap.tries"), "utf8")).toBe("x\n");
});

test.skipIf(whyNoFence !== null)("without prlimit there is a fence and no caps, and that is said", async () => {
  const folder = join(temporaryFolder("path"), "bin");
  await mkdir(folder);
  await symlink(execFileSync("which", ["bwrap"]).toString().trim(), join(folder, "bwrap"));
  const uncapped = { what: "sizes, numbers and memory (prlimit is not installed)", fix: "apt-get install util-linux" };
  expect(await probe(folder)).toEqual({ kind: "fenced", uncapped });
});

test.skipIf(whyNoFence !== null)("with it all is capped, but for root, and that is said", async () => {
  const fence = await probe(process.env.PATH ?? "");
  const what = fence.kind === "fenced" ? (fence.uncapped?.what ?? null) : "no fence";
  expect(what).toBe(process.getuid?.() === 0 ? "the number of processes (none holds for root)" : null);
});

test("where a fence is required nothing is started without one; where not, as it is", async () => {
  const open = { repository: null, path: "/nowhere" };
  const required = openSandbox({ ...open, mode: "required" });
  expect(await caught(required.wrap(COMMAND, COMPARTMENT))).toMatchObject({ code: "sandbox_missing", exit: 2 });
  expect(await caught(required.require())).toMatchObject({ hint: "apt-get install bubblewrap" });
  for (const mode of ["auto", "off"] as const) {
    const sandbox = openSandbox({ ...open, mode });
    await sandbox.require();
    expect(await sandbox.wrap(COMMAND, COMPARTMENT)).toBe(COMMAND);
  }
});
