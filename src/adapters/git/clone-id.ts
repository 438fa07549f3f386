import { randomUUID } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, readIfThere } from "./files.ts";
import { dispatchDir } from "./registry.ts";

/** What tells this clone from all others of the same origin; made at first use, by whoever is first. */
export async function ensureCloneId(commonDir: string): Promise<string> {
  const folder = dispatchDir(commonDir);
  const file = join(folder, "clone-id");
  const known = await readIfThere(file);
  if (known !== null) return known.trim();
  const id = randomUUID();
  const beside = `${file}.${id}`;
  await mkdir(folder, { recursive: true });
  await writeFile(beside, `${id}\n`);
  try {
    // Whole or not at all, and never over another's.
    await link(beside, file);
    return id;
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    return (await readIfThere(file))?.trim() ?? "";
  } finally {
    await rm(beside, { force: true });
  }
}
