import { pino, destination } from "pino";
import { DispatchError, EXIT } from "../../domain/errors.ts";

export interface Log extends AsyncDisposable {
  /** Aborted when it cannot be written any more; its reason is the error to show. The disk of our state is full, mostly. */
  readonly broken: AbortSignal;
  info(data: Readonly<Record<string, unknown>>, message: string): void;
  warn(data: Readonly<Record<string, unknown>>, message: string): void;
}

/** The diary of one process, appended as JSON lines: fixed text plus data. Never the terminal, never a secret's value. */
export function openLog(
  file: string,
  base: Readonly<Record<string, unknown>>,
  mask: (text: string) => string = (text) => text,
): Log {
  const stream = destination({ dest: file, append: true, mkdir: true, sync: false });
  const logger = pino(
    {
      base,
      hooks: { streamWrite: mask },
      level: "info",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    stream,
  );
  // What is said after the end, or when nothing can be written any more, is dropped: nobody may fail by telling.
  let isOpen = true;
  const broken = new AbortController();
  stream.on("error", (cause: Error) => {
    isOpen = false;
    stream.destroy();
    broken.abort(unwritable(file, cause));
  });
  return {
    broken: broken.signal,
    info: (data, message) => void (isOpen && logger.info(data, message)),
    warn: (data, message) => void (isOpen && logger.warn(data, message)),
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await new Promise<void>((resolve) => {
        stream.once("close", resolve);
        stream.end();
      });
    },
  };
}

function unwritable(file: string, cause: Error): DispatchError {
  const isFull = "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
  return new DispatchError({
    code: isFull ? "disk_full" : "log_unwritable",
    message: isFull ? `The disk of ${file} is full.` : `${file} cannot be written: ${cause.message}`,
    hint: isFull ? "Free some space, then: dispatch run" : "Make it writable, then: dispatch run",
    facts: { file },
    ...(isFull ? { exit: EXIT.later } : {}),
    cause,
  });
}
