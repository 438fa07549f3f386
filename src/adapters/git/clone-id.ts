import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, replaceFile } from "./files.ts";
import { dispatchDir } from "./registry.ts";

/** What tells this clone from all others of the same origin; made at first use. */
export async function ensureCloneId(commonDir: string): Promise<string> {
  const file = join(dispatchDir(commonDir), "clone-id");
  const known = (await readIfThere(file))?.trim() ?? "";
  if (/^[0-9a-f-]{36}$/.test(known)) return known;
  await mkdir(dispatchDir(commonDir), { recursive: true });
  const id = randomUUID();
  await replaceFile(file, `${id}\n`);
  return id;
}
