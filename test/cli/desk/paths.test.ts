import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { chownSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { discard } from "../../../src/adapters/git/trash.ts";
import { openPaths } from "../../../src/cli/desk/paths.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** Nothing is locked for root: as root the test is somebody else meanwhile. */
function asOrdinaryUser(folder: string): Disposable {
  if (process.getuid?.() !== 0) return { [Symbol.dispose]: () => undefined };
  const nobody = 65534;
  chownSync(folder, nobody, nobody);
  process.seteuid?.(nobody);
  return { [Symbol.dispose]: () => process.seteuid?.(0) };
}

test.each(["", "home", "home/.config"])(
  "a scratch folder that an agent locked (%j) goes without a word",
  async (locked) => {
    const stateDir = temporaryFolder("paths");
    using _user = asOrdinaryUser(stateDir);
    const said: string[] = [];
    const paths = openPaths({ stateDir, discard, warn: (text) => said.push(text) });
    const scratch = await paths.makeScratch("A/coder");
    await mkdir(join(scratch, "home/.config/deep"), { recursive: true });
    await writeFile(join(scratch, "home/.config/deep/x"), "1");
    await chmod(join(scratch, locked), 0o000);
    await paths.dropScratch(scratch);
    expect([said, await readdir(join(stateDir, "trash")), await readdir(join(stateDir, "scratch"))]).toEqual([
      [],
      [],
      [],
    ]);
  },
);

test("what cannot be removed is told of, and fails nobody", async () => {
  const stateDir = temporaryFolder("paths");
  using _user = asOrdinaryUser(stateDir);
  const said: string[] = [];
  const paths = openPaths({ stateDir, discard, warn: (text) => said.push(text) });
  const scratch = await paths.makeScratch("A/coder");
  await chmod(dirname(scratch), 0o500);
  await paths.dropScratch(scratch);
  expect(said).toEqual([expect.stringMatching(/could not be removed: EACCES.*dispatch clean$/)]);
  await chmod(dirname(scratch), 0o700);
});
