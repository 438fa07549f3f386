import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { TAIL_BYTES, lastText } from "./last-text.ts";

export interface Log extends AsyncDisposable {
  /** Appends what still fits; false when (some of) it did not. */
  write(chunk: Buffer): Promise<boolean>;
  /** A line of our own, beside what the program said; not counted. */
  note(line: string): Promise<void>;
  /** The last 4 kB that were written. */
  tail(): string;
}

/** Opens a log file for appending: at most `maxBytes` more, by this program. Nothing but the tail is held in memory. */
export async function openLog(path: string, maxBytes: number): Promise<Log> {
  const file = await opened(path);
  let room = maxBytes;
  let tail: Buffer = Buffer.alloc(0);
  const append = async (data: Buffer | string): Promise<void> => {
    await file.appendFile(data).catch((cause: unknown) => Promise.reject(unwritable(path, cause)));
  };
  return {
    async write(chunk) {
      const kept = chunk.subarray(0, room);
      room -= kept.length;
      if (kept.length > 0) {
        tail = lastBytes(tail, kept);
        await append(kept);
      }
      return kept.length === chunk.length;
    },
    note: (line) => append(`\n[dispatch] ${line}\n`),
    tail: () => lastText(tail, TAIL_BYTES),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function lastBytes(before: Buffer, chunk: Buffer): Buffer {
  // One byte more than is given out, so that a cut shows. A copy: a view would keep the whole chunk alive.
  return Buffer.concat([before, chunk.subarray(-TAIL_BYTES - 1)]).subarray(-TAIL_BYTES - 1);
}

async function opened(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, "a", 0o600);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): DispatchError {
  const { code } = cause as NodeJS.ErrnoException;
  return new DispatchError({
    code: "log_unwritable",
    message: `The log ${path} cannot be written (${code ?? String(cause)}), so its program was not left running.`,
    hint:
      code === "ENOSPC" ? "Free some disk space, then: dispatch run" : "Make its folder writable, then: dispatch run",
    facts: { path },
    cause,
  });
}
