import type { Writable } from "node:stream";

/** What is said to a program while it runs. */
export interface Stdin {
  /** Whoever does not read what it was told is told no more. */
  write(text: string): void;
  /** It has heard all, so it should end by itself now; who does not is ended. */
  end(): void;
}

export interface OpenStdin extends Stdin {
  /** When `end` was called. */
  readonly ended: Promise<void>;
}

const UNREAD_BYTES = 8 * 1024 * 1024;

export function openStdin(pipe: Writable): OpenStdin {
  let tell: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {
    ended,
    write(text) {
      if (pipe.writable && pipe.writableLength < UNREAD_BYTES) pipe.write(text);
    },
    end() {
      pipe.end();
      tell();
    },
  };
}
