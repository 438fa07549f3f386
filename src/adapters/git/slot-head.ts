import { join } from "node:path";
import { BELT, plumbingEnv } from "./belt.ts";
import { replaceFile } from "./files.ts";
import { gitDoor } from "./git.ts";
import { headRef } from "./names.ts";
import type { Place } from "./place.ts";

/** Points HEAD of a slot to a branch, or (detached) to a commit. Its files and its index stay as they are. */
export async function writeSlotHead(
  place: Pick<Place, "refFormat" | "commonDir">,
  adminDir: string,
  target: { readonly branch: string } | { readonly commit: string },
): Promise<void> {
  if (place.refFormat === "files") {
    // One file, written as git writes it; a process of git's own for this would double the cost of a warm start.
    const text = "branch" in target ? `ref: ${headRef(target.branch)}` : target.commit;
    return replaceFile(join(adminDir, "HEAD"), `${text}\n`);
  }
  const env = { ...plumbingEnv(process.env["PATH"] ?? ""), GIT_DIR: adminDir };
  const git = gitDoor({ cwd: adminDir, env, belt: BELT });
  if ("branch" in target) await git("symbolic-ref", ["HEAD", headRef(target.branch)]);
  else await git("update-ref", ["--no-deref", "HEAD", target.commit]);
}
