import type { ExitCode } from "../domain/errors.ts";
import type { Screen } from "./output/screen.ts";
import type { Environment, TerminalInput, TerminalOutput } from "./terminal.ts";

/** The outside of one invocation, as `main.ts` finds it or a test makes it. */
export interface CliWorld {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP: stop cleanly, save work. Its reason is a `DispatchError` with the exit code. */
  readonly signal: AbortSignal;
  /** Aborted by the second: the process exits as soon as the listeners have run, so they must not wait. */
  readonly hurry: AbortSignal;
}

/** What a command gets: the world after the global options were read. */
export interface CliContext extends CliWorld {
  /** After `-C`, absolute. Nothing reads `process.cwd()`. */
  readonly cwd: string;
  /** `--config`, as it was typed. */
  readonly configFile: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** `-y`: asks nothing and approves the commands of the configuration. */
  readonly yes: boolean;
  /** Questions may be asked: a person sits at both ends, nothing forbids it. */
  readonly interactive: boolean;
  readonly out: Screen;
  readonly err: Screen;

  /** A line of the answer, on stdout. */
  answer(text: string): void;
  /** One JSON document (or one line of NDJSON) on stdout; every object carries `"v": 1`. */
  answerJson(value: unknown): void;
  /** Narration on stderr; silent with `--quiet` and `--json`. */
  say(text: string): void;
  /** Narration that only `--verbose` wants. */
  detail(text: string): void;
  /** A line on stderr that `--quiet` does not hide; `--json` does. */
  warn(text: string): void;
  /** The exit code of a command that ends well but not with 0. */
  exitWith(code: ExitCode): void;
}
