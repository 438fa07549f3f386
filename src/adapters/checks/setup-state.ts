import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readInventory, type Inventory } from "./inventory.ts";
import { Inventory as StoredInventory, SetupState } from "./schema.ts";

type Done = Pick<SetupState, "key" | "at" | "owner">;

/** What is known of one worktree, kept outside of it: what an agent can write is no proof. */
export interface Place {
  /** Short and stable for its path: names files. */
  readonly name: string;
  /** null when `setup` was not done here, or not to its end. */
  readonly done: SetupState | null;
  /** Everything that it made at the top is still there. */
  readonly isWhole: boolean;
  /** What lay in the kept folders after `setup`; null when that is not known. */
  readInventory(): Promise<Inventory | null>;
  /** To be called before `setup` runs: what fails half-way is not known. */
  forget(): Promise<void>;
  /** To be called after `setup` went well. */
  write(done: Done): Promise<void>;
  /** What was done is that for another commit, too. */
  writeAgain(done: SetupState): Promise<void>;
}

/** To be called before `setup` runs: it remembers what was there. */
export async function readPlace(folder: string, cwd: string): Promise<Place> {
  const name = createHash("sha256")
    .update(await realpath(cwd))
    .digest("hex")
    .slice(0, 16);
  const [path, kept] = [join(folder, `${name}.json`), join(folder, `${name}.kept.json`)];
  const place = await identify(cwd);
  const before = await readdir(cwd);
  const state = await readJson(path, SetupState);
  const done = state?.place === place ? state : null;
  const writeAgain = (next: SetupState): Promise<void> => writeJson(path, next);
  return {
    name,
    done,
    isWhole: done !== null && done.made.every((entry) => before.includes(entry)),
    async readInventory() {
      const entries = await readJson(kept, StoredInventory);
      return entries === null ? null : new Map(entries);
    },
    forget: () => rm(path, { force: true }),
    async write({ key, at, owner }) {
      const old = done?.made ?? [];
      const made = (await readdir(cwd)).filter((entry) => old.includes(entry) || !before.includes(entry));
      await mkdir(folder, { recursive: true });
      // A name that is no text cannot be noted: then nothing stays for the next.
      await writeJson(kept, await readInventory(cwd).then(Array.from, () => null));
      await writeAgain({ v: 2, key, at, owner, place, made });
    },
    writeAgain,
  };
}

async function identify(cwd: string): Promise<string> {
  const { dev, ino, birthtimeMs } = await stat(cwd);
  return `${dev}:${ino}:${birthtimeMs}`;
}

/** null when there is none, or none that we understand: the setup is done again then. */
async function readJson<T>(path: string, schema: { parse(value: unknown): T }): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value));
  await rename(`${path}.new`, path);
}
