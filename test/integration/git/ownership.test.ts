import { mkdir, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOwnership } from "../../../src/adapters/git/ownership.ts";
import { caught } from "../../support/caught.ts";
import { childScript } from "../../support/child-script.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

test("one dispatcher owns a repository; the second is told who it is, with exit 7", async () => {
  const common = temporaryFolder("dispatch-owner");
  const ownership = openOwnership(common);
  expect(await ownership.readOwner()).toBeNull();
  const owned = await ownership.acquire("run-1");
  expect(await ownership.readOwner()).toEqual({ host: hostname(), pid: process.pid, run: "run-1" });
  const error = await caught(openOwnership(common).acquire("run-2"));
  expect(error).toMatchObject({ code: "repository_owned", exit: 7 });
  expect(error.message).toContain(`process ${process.pid} on ${hostname()}`);
  await owned[Symbol.asyncDispose]();
  expect(await ownership.readOwner()).toBeNull();
  await using _again = await ownership.acquire("run-3");
});

test("another process is refused while the owner lives, and takes over when it was killed", async () => {
  const common = temporaryFolder("dispatch-owner");
  await using first = childScript("git/own.ts", common);
  await first.line(/^owner$/);
  const error = await caught(openOwnership(common).acquire("run-2"));
  expect(error.facts).toMatchObject({ pid: first.child.pid, run: `run-of-${first.child.pid}` });
  await first.kill();
  expect(await openOwnership(common).readOwner()).toBeNull();
  await using _mine = await openOwnership(common).acquire("run-2");
  expect(await openOwnership(common).readOwner()).toMatchObject({ pid: process.pid, run: "run-2" });
});

test("of several that replace a dead owner at once, one wins", async () => {
  const common = temporaryFolder("dispatch-owner");
  {
    await using dead = childScript("git/own.ts", common);
    await dead.line(/^owner$/);
    await dead.kill();
  }
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => openOwnership(common).acquire(`run-${index}`)),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await using a = childScript("git/own.ts", common);
  expect(await a.line(/./)).toBe("repository_owned");
});

test("an owner on another machine is never taken for dead", async () => {
  const common = temporaryFolder("dispatch-owner");
  const folder = join(common, "dispatch", "owner");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "elsewhere.example~4242~boot~1~~abcd1234"), "run-far");
  const error = await caught(openOwnership(common).acquire("run-2"));
  expect(error.facts).toEqual({ host: "elsewhere.example", pid: 4242, run: "run-far" });
  expect(error.hint).toContain(folder);
});

test("a process number that was given to somebody else, or a reboot, does not keep a dead owner alive", async () => {
  const common = temporaryFolder("dispatch-owner");
  const owned = await openOwnership(common).acquire("run-1");
  const folder = join(common, "dispatch", "owner");
  const [name = ""] = await readdir(folder);
  const [host = "", pid = "", boot = "", start = "", space = ""] = name.split("~");
  await owned[Symbol.asyncDispose]();
  for (const stale of [
    [host, pid, boot, `${Number(start) + 1}`, space],
    [host, pid, "another-boot", start, space],
    ["name-in-another-network", "4194305", boot, start, space],
  ]) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, [...stale, "abcd1234"].join("~")), "run-old");
    expect(await openOwnership(common).readOwner()).toBeNull();
    await using _mine = await openOwnership(common).acquire("run-2");
    expect(await readdir(folder)).toHaveLength(1);
  }
});

test("a folder that somebody left empty while unlocking is no lock, and a strange file in it is named", async () => {
  const common = temporaryFolder("dispatch-owner");
  const folder = join(common, "dispatch", "owner");
  await mkdir(folder, { recursive: true });
  {
    await using _mine = await openOwnership(common).acquire("run-1");
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "notes.txt"), "");
  expect(await caught(openOwnership(common).acquire("run-2"))).toMatchObject({ code: "lock_unreadable" });
});
