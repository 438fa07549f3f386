import { type Command, CommanderError } from "@commander-js/extra-typings";
import { DispatchError, EXIT } from "../domain/errors.ts";

const SUGGESTION = /\n\(Did you mean (?:one of )?(.+?)\?\)$/;

/** Help or the version was asked for and printed. */
export function isHelp(thrown: unknown): boolean {
  return thrown instanceof CommanderError && ["commander.helpDisplayed", "commander.version"].includes(thrown.code);
}

/** What commander found wrong with the words, as an error of ours (exit 2); null for anything else. */
export function usageError(thrown: unknown, program: Command): DispatchError | null {
  if (!(thrown instanceof CommanderError)) return null;
  const typed = typedCommand(program);
  if (thrown.code === "commander.help") {
    return usage(`${typed} needs a command.`, `${typed} --help`, thrown);
  }
  const text = thrown.message.replace(/^error: /, "");
  const near = SUGGESTION.exec(text)?.[1];
  const message = text.replace(SUGGESTION, "");
  return usage(message, near === undefined ? `${typed} --help` : `did you mean: ${typed} ${near}`, thrown);
}

function usage(message: string, hint: string, cause: CommanderError): DispatchError {
  return new DispatchError({ code: "usage", message, hint, exit: EXIT.usage, cause });
}

/** `dispatch pr list` for `dispatch --json pr list 3`. */
function typedCommand(program: Command): string {
  let command: { readonly commands: readonly { name(): string }[] } = program;
  const words = [program.name()];
  for (const word of program.args) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    words.push(word);
    command = next as typeof command & { name(): string };
  }
  return words.join(" ");
}
