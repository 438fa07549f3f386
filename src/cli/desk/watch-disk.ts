import { DispatchError, EXIT } from "../../domain/errors.ts";
import { readSpace } from "./disk.ts";

export interface DiskWatch extends AsyncDisposable {
  /** Aborted when there is too little space left; its reason is the error to show. */
  readonly full: AbortSignal;
}

const LOOK_EVERY_MS = 250;
const MB = 1024 * 1024;
/** The next file of PostgreSQL's log of writes: without it the server breaks, and the engine asks again for minutes. */
export const DATABASE_BYTES = 16 * MB;

/** Looks at the disks of these folders, so that a run stops while everything that it did can still be written down. */
export function watchDisk(folders: readonly string[], leastOf: (total: number) => number): DiskWatch {
  const full = new AbortController();
  const look = async (folder: string): Promise<void> => {
    const space = await readSpace(folder);
    // One that cannot be asked is not known to be full.
    if (space === null || space.free >= leastOf(space.total)) return;
    full.abort(diskFull(folder, space.free, leastOf(space.total)));
  };
  const timer = setInterval(() => void Promise.all(folders.map(look)), LOOK_EVERY_MS);
  timer.unref();
  return { full: full.signal, [Symbol.asyncDispose]: async () => clearInterval(timer) };
}

function diskFull(folder: string, free: number, least: number): DispatchError {
  const [left, needed] = [Math.floor(free / MB), Math.ceil(least / MB)];
  return new DispatchError({
    code: "disk_full",
    message: `The disk of ${folder} is nearly full: ${left} MB are left, and no work goes on below ${needed}. What agents had is saved.`,
    hint: "free some space, or dispatch clean; then: dispatch run",
    exit: EXIT.later,
    facts: { folder, free },
  });
}
