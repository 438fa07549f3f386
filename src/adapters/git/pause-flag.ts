import { randomUUID } from "node:crypto";
import { link, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, isMissing, readPlain } from "./files.ts";
import { readLife } from "./process-identity.ts";
import { type FlagLease, PauseFlag } from "./schema.ts";
import { parseJson } from "./slots.ts";

/** Its existence alone stops a rebase watcher, whoever wrote it. `gitDir` is that of one worktree. */
export function flagPath(gitDir: string): string {
  return join(gitDir, "skip-auto-rebase-watcher");
}

export type Flag =
  | { readonly kind: "none" }
  /** Foreign, empty or unreadable: never changed, never removed. */
  | { readonly kind: "foreign" }
  | { readonly kind: "ours"; readonly leases: readonly FlagLease[] };

export async function readFlag(path: string): Promise<Flag> {
  const text = await readPlain(path);
  if (text === null) return { kind: "none" };
  const flag = PauseFlag.safeParse(parseJson(text));
  return flag.success ? { kind: "ours", leases: flag.data.leases } : { kind: "foreign" };
}

/** Names our lease in the flag; under the registry lock, as all that follow. */
export async function raiseFlag(path: string, lease: FlagLease): Promise<void> {
  const flag = await readFlag(path);
  if (flag.kind === "foreign") return;
  const others = flag.kind === "ours" ? flag.leases.filter(({ id }) => id !== lease.id) : [];
  await writeFlag(path, [...others, lease], flag.kind === "none");
}

/** Takes the leases out for which `isOver` holds; the last one takes the flag with it. */
export async function lowerFlag(path: string, isOver: (lease: FlagLease) => boolean): Promise<void> {
  const flag = await readFlag(path);
  if (flag.kind !== "ours") return;
  const left = flag.leases.filter((lease) => !isOver(lease));
  if (left.length === flag.leases.length) return;
  if (left.length > 0) await writeFlag(path, left, false);
  else await unlink(path).catch(ignoreMissing);
}

/** Takes out the leases of processes that are proven dead; what a user asked for has no process. */
export async function lowerDeadFlag(path: string): Promise<void> {
  const flag = await readFlag(path);
  if (flag.kind !== "ours") return;
  const dead = new Set<string>();
  for (const { id, owner } of flag.leases) if (owner !== null && (await readLife(owner)) === "dead") dead.add(id);
  await lowerFlag(path, ({ id }) => dead.has(id));
}

async function writeFlag(path: string, leases: readonly FlagLease[], isNew: boolean): Promise<void> {
  const owner = leases.at(-1)?.owner;
  const about = { pid: owner?.pid ?? null, bootId: owner?.bootId ?? null, startTime: owner?.startTime ?? null };
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`;
  await writeFile(beside, `${JSON.stringify({ v: 1, by: "dispatch", leases, ...about })}\n`);
  try {
    if (isNew) await createAs(beside, path);
    else await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** A link fails where a rename would replace what a foreigner put there this very moment. */
async function createAs(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    // A file system without links.
    if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK")) throw error;
    await rename(beside, path);
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
