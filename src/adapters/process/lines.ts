const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineReader {
  push(chunk: Buffer): void;
  /** Gives out a last line that has no newline. */
  end(): void;
}

/** Cuts a stream of bytes into lines of text. A line longer than `maxBytes` is given out cut, its rest is skipped. */
export function lineReader(maxBytes: number, onLine: (line: string) => void): LineReader {
  /** The beginning of a line whose end has not come yet. */
  let held: Buffer = Buffer.alloc(0);

  const give = (line: Buffer): void => {
    const length = Math.min(line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length, maxBytes);
    onLine(line.toString("utf8", 0, length));
  };
  // A copy: a view would keep the whole chunk alive.
  const joined = (part: Buffer): Buffer => Buffer.concat([held, part.subarray(0, maxBytes - held.length)]);

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        const part = chunk.subarray(from, at);
        give(held.length === 0 ? part : joined(part));
        held = held.subarray(0, 0);
        from = at + 1;
      }
      held = joined(chunk.subarray(from));
    },
    end() {
      if (held.length > 0) give(held);
    },
  };
}
