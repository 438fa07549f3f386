import { type Command as Completable, RootCommand } from "@bomb.sh/tab";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** Every command, option and choice of the program, as the completion library wants them. */
export function completionsOf(program: CommandUnknownOpts): RootCommand {
  const root = new RootCommand();
  addWords(root, program);
  addCommands(root, program, "");
  return root;
}

function addCommands(root: RootCommand, parent: CommandUnknownOpts, above: string): void {
  for (const command of parent.createHelp().visibleCommands(parent)) {
    const name = above === "" ? command.name() : `${above} ${command.name()}`;
    addWords(root.command(name, command.description()), command);
    addCommands(root, command, name);
  }
}

function addWords(target: Completable, command: CommandUnknownOpts): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.slice(2);
    if (name === undefined) continue;
    const alias = option.short?.slice(1);
    const { argChoices = [], description } = option;
    const takesValue = option.required || option.optional;
    if (!takesValue) target.option(name, description, alias);
    else target.option(name, description, (offer) => argChoices.forEach((choice) => offer(choice, "")), alias);
  }
  for (const argument of command.registeredArguments) {
    const { argChoices = [] } = argument;
    target.argument(argument.name(), (offer) => argChoices.forEach((choice) => offer(choice, "")), argument.variadic);
  }
}
