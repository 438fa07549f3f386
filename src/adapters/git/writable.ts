import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./files.ts";

/** Unlocks the folders that an agent locked. What vanishes meanwhile is no obstacle: a failed `rm` may still be at work. */
export async function makeWritable(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
