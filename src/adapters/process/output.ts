import type { Readable } from "node:stream";
import type { MaskStream } from "../../ports/secrets.ts";
import { lineReader } from "./lines.ts";
import type { Log } from "./log.ts";
import type { StartedProgram } from "./start-program.ts";
import { settlesWithin } from "./wait.ts";

/** What it says, and where. */
export type OnLine = (line: string, pipe: "stdout" | "stderr") => void;

interface OutputOptions {
  readonly lineBytes: number;
  readonly onChunk: () => void;
  /** The log has no more room; what follows is read and thrown away. */
  readonly onFull: () => void;
  readonly onLine: OnLine | undefined;
  readonly mask: (() => MaskStream) | undefined;
}

export interface Output {
  /** Rejects when the output cannot be stored; never resolves. */
  readonly failed: Promise<never>;
  /** Reads what is still in the pipes. To be called when the program is gone: who then holds them open is not waited for. */
  finish(): Promise<void>;
}

const DRAIN_MS = 1000;

/** Reads both pipes into the log, chunk by chunk: a program that writes faster than the disk has to wait. */
export function readOutput({ stdout, stderr }: StartedProgram, log: Log, options: OutputOptions): Output {
  const reading = Promise.all([readPipe("stdout", stdout, log, options), readPipe("stderr", stderr, log, options)]);
  const failed = reading.then(() => new Promise<never>(() => undefined));
  // It is waited for only while the program runs; finish() tells of it after that.
  failed.catch(() => undefined);
  return {
    failed,
    async finish() {
      if (!(await settlesWithin(reading, DRAIN_MS))) {
        stdout.destroy();
        stderr.destroy();
      }
      await reading;
    },
  };
}

async function readPipe(
  name: "stdout" | "stderr",
  pipe: Readable,
  log: Log,
  { lineBytes, onChunk, onFull, onLine, mask }: OutputOptions,
): Promise<void> {
  const lines = onLine === undefined ? null : lineReader(lineBytes, (line) => onLine(line, name));
  const masking = mask?.();
  let isFull = false;
  const take = async (chunk: Buffer): Promise<void> => {
    lines?.push(chunk);
    isFull = !(await log.write(chunk));
    if (isFull) onFull();
  };
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      onChunk();
      if (isFull) continue;
      await take(masking?.push(chunk) ?? chunk);
    }
  } catch (error) {
    // Our own `destroy` in finish() looks like this.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
  if (masking !== undefined && !isFull) await take(masking.end());
  lines?.end();
}
