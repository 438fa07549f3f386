import type { Command } from "@commander-js/extra-typings";
import type { CliContext } from "./context.ts";

export type { Command };

/**
 * What a file under `commands/` exports: it adds arguments, options, sub-commands and the action to `command`,
 * which already has its name and its summary. Runs only when this command was typed (or its help is wanted).
 * `tree` gives the whole program with every command defined, for help and completion.
 */
export type DefineCommand = (command: Command, context: CliContext, tree: () => Promise<Command>) => void;

export interface CommandEntry {
  readonly name: string;
  /** One line of `dispatch --help`: lower case, no full stop. */
  readonly summary: string;
  readonly group: "Start" | "Work" | "Look" | "Decide" | "Steer" | "More";
  /** Not shown in help. */
  readonly hidden?: true;
  /** Keeps every other command's imports out of this one's start. */
  readonly load: () => Promise<DefineCommand>;
}
