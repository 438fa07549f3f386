import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Paths } from "../../dispatch/ports.ts";

/** Logs are kept; scratch folders are private to one start and go when it ended. */
export function openPaths(stateDir: string): Paths {
  const scratch = join(stateDir, "scratch");
  const trash = join(stateDir, "trash");
  return {
    logFile(task, name) {
      const folder = join(stateDir, "logs", task);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return join(folder, `${name}.log`);
    },
    async makeScratch(name) {
      const path = join(scratch, `${name.replace(/[^A-Za-z0-9._-]+/g, "-")}-${randomUUID().slice(0, 8)}`);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    },
    async dropScratch(path) {
      const gone = join(trash, basename(path));
      await mkdir(trash, { recursive: true, mode: 0o700 });
      await rename(path, gone);
      await rm(gone, { recursive: true, force: true });
    },
  };
}
