import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Paths } from "../../dispatch/ports.ts";

export interface PathsOptions {
  readonly stateDir: string;
  /** Away to the second folder by one rename, then deleted; gives why something stays, or null. */
  readonly discard: (path: string, trash: string) => Promise<string | null>;
  readonly warn: (text: string) => void;
}

/** Logs are kept; scratch folders are private to one start and go when it ended. */
export function openPaths({ stateDir, discard, warn }: PathsOptions): Paths {
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
      const why = await discard(path, trash);
      if (why !== null)
        warn(`${path} is not needed any more and could not be removed: ${why}. Try again with: dispatch clean`);
    },
  };
}
