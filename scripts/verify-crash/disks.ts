import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, statfsSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";

/** A file system in memory that can be full from one moment to the next. */
export interface Disk extends AsyncDisposable {
  /** No room for one byte more. */
  fill(): void;
  free(): void;
}

/** Only what is written takes memory. */
const ROOMY = "8g";

/** Set by main.ts where it could start itself anew with mounts of its own. */
export const MOUNTS = "DISPATCH_CRASH_MOUNTS";
export const canMount = (): boolean => process.env[MOUNTS] === "yes";

/** What lies in the folder lies on a disk of its own from now on. */
export async function mountDisk(folder: string, aside: string): Promise<Disk> {
  mkdirSync(folder, { recursive: true });
  const mode = (statSync(folder).mode & 0o777).toString(8);
  renameSync(folder, aside);
  mkdirSync(folder);
  run("mount", "-t", "tmpfs", "-o", `size=${ROOMY},mode=${mode}`, "dispatch-crash", folder);
  run("cp", "-a", `${aside}/.`, folder);
  await rm(aside, { recursive: true });
  return {
    fill() {
      const { blocks, bfree, bsize } = statfsSync(folder);
      // Zero were no limit.
      run("mount", "-o", `remount,size=${Math.max(1, blocks - bfree) * bsize}`, folder);
    },
    free: () => run("mount", "-o", `remount,size=${ROOMY}`, folder),
    // Who still has a file open there keeps it.
    [Symbol.asyncDispose]: async () => run("umount", "-l", folder),
  };
}

const TRIES = 5;

/** The list of mounts that `mount` reads may lack one while another walk changes its own. */
function run(program: string, ...args: readonly string[]): void {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return void execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
