/**
 * Words in, words out. How a command is made:
 *
 * 1. `commands/<name>.ts` exports one `DefineCommand` (command.ts). It gets a commander `Command` that already has its
 *    name and summary, and the `CliContext` (context.ts), and adds arguments, options, examples and the action:
 *
 *        export const retry: DefineCommand = (command, context) =>
 *          void command
 *            .argument("<task>", "id of the task")
 *            .addOption(new Option("--from <stage>", "where to begin").choices(["code", "test", "review"] as const))
 *            .action(async (task, { from }) => {
 *              const { compose } = await import("../compose.ts"); // heavy imports only in the action
 *              …
 *              context.say(`${task} begins anew`);                  // stderr
 *              if (context.json) context.answerJson({ v: 1, … });   // stdout
 *              else context.answer(…);
 *            });
 *
 * 2. `commands.ts` gets a line with name, summary, group and the lazy import. Nothing else knows commands.
 * 3. Numbers and other typed values are parsed by `.argParser(valueOf(Jobs))` with a zod type of `schemas.ts`.
 * 4. A command ends well with 0, or with what it gave to `context.exitWith`. It fails by throwing a `DispatchError`.
 *    Nothing calls `process.exit`. Waits take `context.signal`.
 * 5. Text that an agent or a repository wrote goes to the terminal through `display()` of domain/display.ts.
 */
import { EXIT, type ExitCode } from "../domain/errors.ts";
import type { CliWorld } from "./context.ts";
import { createProgram } from "./create-program.ts";
import { nameFullDisk } from "./desk/full-disk.ts";
import { exitCodeOf, reportError } from "./output/report-error.ts";
import { isHelp, usageError } from "./usage-error.ts";

/** Runs one command line and gives its exit code. Never rejects; the answer is on stdout, everything else on stderr. */
export async function runCli(world: CliWorld): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = createProgram(world, (wanted) => {
    code = wanted;
  });
  try {
    await program.parseAsync(world.argv.length === 0 ? ["--help"] : [...world.argv], { from: "user" });
  } catch (thrown) {
    if (!isHelp(thrown)) {
      const error = usageError(thrown, program) ?? (await nameFullDisk(thrown, world));
      reportError(error, world);
      code = exitCodeOf(error);
    }
  }
  return world.signal.aborted ? exitCodeOf(world.signal.reason) : code;
}
