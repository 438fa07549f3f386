import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Usage } from "../../../domain/assignment.ts";
import { Session } from "./schema.ts";

const fileIn = (keep: string): string => join(keep, "session.json");

/** null where there is none to go on with: then the agent begins with its brief. */
export async function readSession(keep: string, cwd: string): Promise<string | null> {
  const found = await read(keep);
  return found?.cwd === cwd ? found.session : null;
}

/** All that a session has told of; null where it has not. */
export async function readTotal(keep: string, session: string | null): Promise<Total | null> {
  const found = await read(keep);
  return found?.session === session ? (found?.total ?? null) : null;
}

async function read(keep: string): Promise<Session | null> {
  try {
    return Session.parse(JSON.parse(await readFile(fileIn(keep), "utf8")));
  } catch {
    return null;
  }
}

export type Total = NonNullable<Session["total"]>;

/** What one turn added to its session's total. */
export function usageSince(total: Total, before: Total | null): Usage {
  const added = (key: keyof Total): number => Math.max(0, total[key] - (before?.[key] ?? 0));
  return {
    ...{ inputTokens: added("inputTokens"), outputTokens: added("outputTokens") },
    ...{ cacheReadTokens: added("cacheReadTokens"), cacheWriteTokens: added("cacheWriteTokens") },
  };
}

/** Of a CLI that begins anew in each turn, what it tells is that of the turn. */
export function costSince(total: Total, before: Total | null): number {
  const spent = before?.costUsd ?? 0;
  return total.costUsd < spent ? total.costUsd : total.costUsd - spent;
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
