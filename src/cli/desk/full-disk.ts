import { tmpdir } from "node:os";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { Stopped } from "../../ports/steps.ts";
import type { CliWorld } from "../context.ts";
import { readSpace } from "./disk.ts";
import { homeOf } from "./home.ts";

/** In the words of the system, and of PostgreSQL. */
const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "53100"]);

/** What the system says of a full disk with the name of the disk, which it leaves out; anything else as it was. */
export async function nameFullDisk(thrown: unknown, { env, cwd }: Pick<CliWorld, "env" | "cwd">): Promise<unknown> {
  const error = thrown instanceof Stopped ? thrown.cause : thrown;
  if (!(error instanceof Error) || !("code" in error) || !FULL.has(error.code)) return thrown;
  let full: string | null = null;
  for (const folder of [homeOf(env, process.getuid?.() === 0), cwd, tmpdir()])
    if (full === null && (await readSpace(folder))?.isFull === true) full = folder;
  return new DispatchError({
    code: "disk_full",
    message: full === null ? "The disk is full." : `The disk of ${full} is full.`,
    hint: "free some space, then type the same again",
    exit: EXIT.later,
    cause: error,
  });
}
