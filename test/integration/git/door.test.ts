import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitDoor } from "../../../src/adapters/git/git.ts";
import { caught } from "../../support/caught.ts";
import { gitRepo } from "../../support/git-repo.ts";

test.each([
  ["disk_full", "fatal: write error: No space left on device"],
  ["disk_full", "error: unable to write file x: Disk quota exceeded"],
  ["disk_full", "fatal: sha1 file 'index.lock' write error. Out of diskspace"],
  ["git_failed", "fatal: bad object \u001b[31mHEAD"],
] as const)("a git that fails is reported as %s: %s", async (code, said) => {
  await using repo = await gitRepo();
  const bin = join(repo.temp, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "git"), `#!/bin/sh\nprintf '%s\\n' "$SAID" >&2\nexit 128\n`);
  await chmod(join(bin, "git"), 0o755);
  const git = gitDoor({ cwd: repo.temp, env: { PATH: `${bin}:/bin:/usr/bin`, SAID: said } });
  const error = await caught(git("rev-parse", ["HEAD"]));
  expect(error).toMatchObject({ code, facts: { command: "rev-parse", exitCode: 128 } });
  expect(error.message).not.toContain("\u001b");
});
