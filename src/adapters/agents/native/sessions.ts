import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Session } from "./schema.ts";

const fileIn = (keep: string): string => join(keep, "session.json");

/** null where there is none to go on with: then the agent begins with its brief. */
export async function readSession(keep: string, cwd: string): Promise<string | null> {
  try {
    const found = Session.parse(JSON.parse(await readFile(fileIn(keep), "utf8")));
    return found.cwd === cwd ? found.session : null;
  } catch {
    return null;
  }
}

/** Beside the home that the agent may write to, not in it. */
export async function writeSession(keep: string, session: Session): Promise<void> {
  if (!Session.safeParse(session).success) return;
  await writeFile(`${fileIn(keep)}.new`, JSON.stringify(session), { mode: 0o600 });
  await rename(`${fileIn(keep)}.new`, fileIn(keep));
}

export async function dropSession(keep: string): Promise<void> {
  await rm(fileIn(keep), { force: true });
}
