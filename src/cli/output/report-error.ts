import { display } from "../../domain/display.ts";
import { DispatchError, EXIT, type ExitCode } from "../../domain/errors.ts";
import { Stopped } from "../../ports/steps.ts";
import type { CliWorld } from "../context.ts";
import { jsonText } from "./json-text.ts";
import { screen } from "./screen.ts";

/** What a user reads of an error, whatever was thrown. */
interface ErrorText {
  readonly code: string;
  readonly message: string;
  readonly why: string | null;
  readonly hint: string;
}

/**
 * Tells an error on stderr: what, why, what to type next; with `--json` as one line `{"error":{…}}`.
 * The words are looked at themselves, because parsing them may be what failed.
 */
export function reportError(thrown: unknown, world: CliWorld): void {
  if (world.signal.aborted && thrown === world.signal.reason && wants(world, "--json")) return;
  const { code, message, why, hint } = describe(thrown);
  const err = screen({ stream: world.stderr, env: world.env, color: !wants(world, "--no-color") });
  if (wants(world, "--json")) {
    err.line(jsonText({ error: { code, message, hint } }));
    return;
  }
  err.line(`${err.paint.bad("error:")} ${display(message)}`);
  if (why !== null) err.line(`  ${err.paint.dim("why")}   ${display(why)}`);
  err.line(`  ${err.paint.dim("next")}  ${display(hint)}`);
  if (wants(world, "--verbose", "-v") && thrown instanceof Error) err.line(thrown.stack ?? String(thrown));
}

export function exitCodeOf(thrown: unknown): ExitCode {
  if (isLeft(thrown)) return exitCodeOf(thrown.cause);
  return thrown instanceof DispatchError ? thrown.exit : EXIT.failure;
}

/** Work that was left to the next start, because of something that is wrong around it. */
function isLeft(thrown: unknown): thrown is Stopped {
  return thrown instanceof Stopped && thrown.cause !== undefined;
}

function describe(thrown: unknown): ErrorText {
  if (isLeft(thrown)) return describe(thrown.cause);
  if (thrown instanceof DispatchError) {
    const cause = thrown.cause instanceof Error ? firstLine(thrown.cause.message) : null;
    const why = cause === null || thrown.message.includes(cause) || thrown.code === "usage" ? null : cause;
    return { code: thrown.code, message: thrown.message, why, hint: thrown.hint };
  }
  const { message = String(thrown) } = thrown as Partial<Error>;
  return {
    code: "internal",
    message: `dispatch met something it does not understand: ${firstLine(message)}`,
    why: null,
    hint: "type the same with --verbose, and report what it prints: this is a defect of dispatch",
  };
}

function wants({ argv }: CliWorld, ...flags: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => flags.includes(word));
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
