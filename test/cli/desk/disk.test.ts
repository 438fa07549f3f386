import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDisk, readSpace } from "../../../src/cli/desk/disk.ts";
import { watchDisk } from "../../../src/cli/desk/watch-disk.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

it("a disk with less room than is needed ends the work, as something to try again later", async () => {
  const folder = temporaryFolder("disk");
  const asked: number[] = [];
  await using watch = watchDisk([folder], (total) => {
    asked.push(total);
    return asked.length < 3 ? 0 : Number.MAX_SAFE_INTEGER;
  });
  await once(watch.full, "abort");
  expect(watch.full.reason).toMatchObject({ code: "disk_full", exit: 75, facts: { folder } });
  expect(asked[0]).toBe((await readSpace(folder))?.total);
});

it("one that cannot be asked is not known to be full", async () => {
  const missing = join(temporaryFolder("disk"), "not-there");
  expect(await readSpace(missing)).toBeNull();
  expect(await readDisk([missing])).toBeNull();
});
