import { Command } from "@commander-js/extra-typings";
import type { ExitCode } from "../domain/errors.ts";
import type { CommandEntry } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { CliWorld } from "./context.ts";
import { createContext } from "./create-context.ts";
import { readVersion } from "./version.ts";

/** The tree of words. A command knows its name and summary alone until it is typed; then its file is loaded. */
export function createProgram(world: CliWorld, exitWith: (code: ExitCode) => void): Command {
  const program = new Command("dispatch");
  const globals = program
    .description("Points a fleet of coding agents at a backlog: one task, one worktree, one branch, one pull request.")
    .usage("[options] COMMAND")
    .option("-C, --repo <dir>", "work on the repository of this folder")
    .option("--config <file>", "read this file instead of dispatch.jsonc")
    .option("--json", "answer in JSON")
    .option("-q, --quiet", "only the answer, and what went wrong")
    .option("-v, --verbose", "tell more")
    .option("--no-color", "no colours")
    .option("--no-input", "ask nothing")
    .option("-y, --yes", "ask nothing, and approve the commands of the configuration")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain the command")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      // Errors are rendered once, by reportError.
      writeErr: () => undefined,
      getOutHelpWidth: () => world.stdout.columns ?? 80,
      getOutHasColors: () => false,
    })
    .exitOverride()
    .addHelpText("after", "\nFirst time here? dispatch demo, then dispatch init in a repository of your own.");

  const undefinedYet = new Map<string, CommandEntry>();
  for (const entry of COMMANDS) {
    undefinedYet.set(entry.name, entry);
    program
      .command(entry.name, { hidden: entry.hidden === true })
      .description(entry.summary)
      .helpGroup(`${entry.group}:`);
  }
  const define = async (command: Command): Promise<void> => {
    const entry = undefinedYet.get(command.name());
    if (entry === undefined) return;
    undefinedYet.delete(entry.name);
    const add = await entry.load();
    add(command, createContext(world, globals.opts(), exitWith), tree);
  };
  const tree = async (): Promise<Command> => {
    for (const command of program.commands) await define(command as Command);
    return program;
  };
  program.hook("preSubcommand", (parent, command) => (parent === program ? define(command as Command) : undefined));
  return program;
}
