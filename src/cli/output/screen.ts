import type { Environment, TerminalOutput } from "../terminal.ts";
import { type Marks, marks } from "./marks.ts";
import { type Paint, paint } from "./paint.ts";

/** One of the two ways out, and how it may look. */
export interface Screen {
  readonly paint: Paint;
  readonly marks: Marks;
  /** Columns; 80 where nobody knows. */
  readonly columns: number;
  /** A terminal on which lines may be drawn anew. */
  readonly live: boolean;
  line(text: string): void;
}

export interface ScreenOptions {
  readonly stream: TerminalOutput;
  readonly env: Environment;
  /** False for `--no-color`. */
  readonly color: boolean;
}

export function screen({ stream, env, color }: ScreenOptions): Screen {
  return {
    paint: paint(color && wantsColor(env, stream.isTTY === true)),
    marks: marks(env),
    get columns() {
      return stream.columns ?? 80;
    },
    live: stream.isTTY === true && env["TERM"] !== "dumb" && !isSet(env["CI"]),
    line: (text) => void stream.write(`${text}\n`),
  };
}

/** NO_COLOR, then FORCE_COLOR, then whether somebody looks. */
function wantsColor(env: Environment, isTTY: boolean): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return isTTY && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
