import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
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
  const kept = join(stateDir, "kept");
  const trash = join(stateDir, "trash");
  const drop = async (path: string): Promise<void> => {
    const why = await discard(path, trash);
    if (why !== null)
      warn(`${path} is not needed any more and could not be removed: ${why}. Try again with: dispatch clean`);
  };
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
    dropScratch: drop,
    async keepFor(task, agent) {
      const path = join(kept, task.toLowerCase(), agent);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    },
    async dropKept(task) {
      const path = join(kept, task.toLowerCase());
      if (existsSync(path)) await drop(path);
    },
  };
}
