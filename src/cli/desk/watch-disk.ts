import { statfs } from "node:fs/promises";
import { DispatchError } from "../../domain/errors.ts";

export interface DiskWatch extends AsyncDisposable {
  /** Aborted when there is too little space left; its reason is the error to show. */
  readonly full: AbortSignal;
}

const LOOK_EVERY_MS = 250;
/** The next file of PostgreSQL's log of writes: without it the server breaks, and the engine asks again for minutes. */
const LEAST_BYTES = 16 * 1024 * 1024;

/** Looks at the disk of our state, so that a run stops while everything that it did can still be recorded. */
export function watchDisk(folder: string): DiskWatch {
  const full = new AbortController();
  const look = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < LEAST_BYTES) full.abort(diskFull(folder, bavail * bsize));
  };
  // A disk that cannot be asked is not known to be full.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  timer.unref();
  return { full: full.signal, [Symbol.asyncDispose]: async () => clearInterval(timer) };
}

function diskFull(folder: string, left: number): DispatchError {
  const megabytes = Math.floor(left / 1024 / 1024);
  return new DispatchError({
    code: "disk_full",
    message: `The disk of ${folder} is full: ${megabytes} MB left, and the database needs 16.`,
    hint: "Free some space, then: dispatch run",
    facts: { folder, left },
  });
}
