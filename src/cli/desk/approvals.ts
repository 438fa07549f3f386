import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";

/** That a person on this machine has seen what a configuration starts. */
export interface Approval {
  readonly hash: string;
  readonly at: string;
  readonly lines: readonly string[];
}

const fileIn = (stateDir: string): string => join(stateDir, "trust.json");

/** Oldest first. What cannot be read approves nothing. */
export async function readApprovals(stateDir: string): Promise<readonly Approval[]> {
  try {
    const { approved } = JSON.parse(await readFile(fileIn(stateDir), "utf8")) as { readonly approved?: unknown };
    return Array.isArray(approved) ? approved.filter(isApproval) : [];
  } catch {
    return []; // not there, or not ours: the worst that follows is a question
  }
}

/** All that were approved stay so: going back to an older content asks nobody again. */
export async function writeApprovals(stateDir: string, approved: readonly Approval[]): Promise<void> {
  const file = fileIn(stateDir);
  try {
    await writeFile(`${file}.new`, `${JSON.stringify({ v: 1, approved }, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  } catch (cause) {
    const message = `${file} cannot be written, so the approval is not kept.`;
    throw new DispatchError({ code: "not_kept", message, hint: `look at it: ls -ld ${file}*`, cause });
  }
}

export async function forgetApprovals(stateDir: string): Promise<void> {
  await rm(fileIn(stateDir), { force: true });
}

function isApproval(value: unknown): value is Approval {
  const { hash, at, lines } = (value ?? {}) as Partial<Record<keyof Approval, unknown>>;
  return (
    typeof hash === "string" &&
    typeof at === "string" &&
    Array.isArray(lines) &&
    lines.every((line) => typeof line === "string")
  );
}
