import { join } from "node:path";
import { BELT, plumbingEnv } from "./belt.ts";
import { type Git, gitDoor } from "./git.ts";
import type { Place } from "./place.ts";
import { openRefWriter, type RefWriter } from "./ref-writer.ts";

/** The two ways to one repository. */
export interface Doors {
  readonly commonDir: string;
  readonly orchDir: string;
  readonly objects: string;
  readonly objectFormat: Place["objectFormat"];
  /** Through our own git dir and the user's object store: reads no configuration and no ref of the user. */
  readonly own: Git;
  /** Through the user's git dir, named and with the belt: for refs and the worktree registry alone. */
  readonly users: Git;
  /** Moves refs of the user's repository, all or none. */
  readonly moveRefs: RefWriter;
  /** Aborted some seconds after the run was stopped: work was saved meanwhile, and what still looks at files hangs. */
  readonly late: AbortSignal;
  /** Like `own`, but new objects go to another folder; the user's store is read only. */
  ownInto(objects: string): Git;
}

export function openDoors(
  { commonDir, objectFormat }: Pick<Place, "commonDir" | "objectFormat">,
  orchDir: string,
  path: string,
  signal?: AbortSignal,
): Doors {
  const base = plumbingEnv(path);
  const objects = join(commonDir, "objects");
  const own = { ...base, GIT_DIR: orchDir };
  const users = { cwd: commonDir, env: { ...base, GIT_DIR: commonDir }, belt: BELT };
  return {
    commonDir,
    orchDir,
    objects,
    objectFormat,
    own: gitDoor({ cwd: orchDir, env: { ...own, GIT_OBJECT_DIRECTORY: objects } }),
    users: gitDoor(users),
    moveRefs: openRefWriter(users),
    late: lateAfter(signal),
    ownInto: (folder) =>
      gitDoor({
        cwd: orchDir,
        env: { ...own, GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(objects) },
      }),
  };
}

const LATE_MS = 8000;

function lateAfter(signal: AbortSignal | undefined): AbortSignal {
  const late = new AbortController();
  const onAbort = (): void => void setTimeout(() => late.abort(signal?.reason), LATE_MS).unref();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return late.signal;
}

/** The variable is a list: a folder with a colon or a quote in its name has to be quoted. */
function quoted(folder: string): string {
  return /[:"\\]/.test(folder) ? `"${folder.replace(/["\\]/g, "\\$&")}"` : folder;
}
