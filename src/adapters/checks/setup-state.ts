import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, realpath, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SetupState } from "./schema.ts";

/** What is known of one worktree, kept outside of it: what an agent can write is no proof. */
export interface Place {
  /** Short and stable for its path: names files. */
  readonly name: string;
  /** null when `setup` was not done here, or its work is gone. */
  readonly done: Pick<SetupState, "key" | "scriptsOff"> | null;
  /** To be called after `setup` went well. */
  write(done: Pick<SetupState, "key" | "scriptsOff">): Promise<void>;
}

/** To be called before `setup` runs: it remembers what was there. */
export async function readPlace(folder: string, cwd: string): Promise<Place> {
  const name = createHash("sha256")
    .update(await realpath(cwd))
    .digest("hex")
    .slice(0, 16);
  const path = join(folder, `${name}.json`);
  const place = await identify(cwd);
  const before = await readdir(cwd);
  const state = await readState(path);
  const isValid = state !== null && state.place === place && state.made.every((entry) => before.includes(entry));
  return {
    name,
    done: isValid ? state : null,
    async write({ key, scriptsOff }) {
      const old = isValid ? state.made : [];
      const made = (await readdir(cwd)).filter((entry) => old.includes(entry) || !before.includes(entry));
      const next: SetupState = { v: 1, key, scriptsOff, place, made };
      await mkdir(folder, { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify(next));
      await rename(`${path}.new`, path);
    },
  };
}

async function identify(cwd: string): Promise<string> {
  const { dev, ino, birthtimeMs } = await stat(cwd);
  return `${dev}:${ino}:${birthtimeMs}`;
}

/** null when there is none, or none that we understand: the setup is done again then. */
async function readState(path: string): Promise<SetupState | null> {
  try {
    return SetupState.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
