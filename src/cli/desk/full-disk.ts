import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { CliWorld } from "../context.ts";
import { homeOf } from "./home.ts";

const LEFT_BYTES = 1024 * 1024;

/** The first of the folders that we write to whose disk is full; the system's own error does not name one. */
export function fullDisk({ env, cwd }: Pick<CliWorld, "env" | "cwd">): string | null {
  return [homeOf(env, process.getuid?.() === 0), cwd, tmpdir()].find(isFull) ?? null;
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    // Some file systems count no files at all.
    return bavail * bsize < LEFT_BYTES || (files > 0 && ffree === 0);
  } catch {
    // What is not there fills nothing.
    return false;
  }
}
