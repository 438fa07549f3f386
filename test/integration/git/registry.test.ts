import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openRegistry } from "../../../src/adapters/git/registry.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

it("lanes that come at once have their turns one by one, under one lock that is gone afterwards", async () => {
  const commonDir = temporaryFolder("dispatch-registry");
  const registry = openRegistry(commonDir);
  const lock = join(commonDir, "dispatch", "registry.lock");
  const holders: string[] = [];
  let inside = 0;
  const turns = Array.from({ length: 10 }, (_, turn) =>
    registry.exclusive(async () => {
      inside += 1;
      expect(inside).toBe(1);
      holders.push(...(await readdir(lock)));
      inside -= 1;
      if (turn === 3) throw new Error("its own failure");
      return turn;
    }),
  );
  const ended = await Promise.allSettled(turns);
  expect(ended.map(({ status }) => status === "fulfilled")).toEqual(turns.map((_, turn) => turn !== 3));
  expect(holders).toHaveLength(10);
  expect(new Set(holders).size).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

it("another process gets its turn although ours never ends", async () => {
  const commonDir = temporaryFolder("dispatch-registry");
  const registry = openRegistry(commonDir);
  const holders = new Set<string>();
  const work = async (): Promise<void> => {
    for (const name of await readdir(join(commonDir, "dispatch", "registry.lock"))) holders.add(name);
    await sleep(30);
  };
  await Promise.all(Array.from({ length: 12 }, () => registry.exclusive(work)));
  expect(holders.size).toBeGreaterThan(1);
});
