import type { DefineCommand } from "../command.ts";
import { completionsOf } from "../completions.ts";

/** What the script of `dispatch completion` asks at every press of the tab key: `dispatch complete -- run --w`. */
export const complete: DefineCommand = (command, context, tree) => {
  command.argument("[words...]").action(async () => {
    const words = context.argv.slice(context.argv.indexOf("--") + 1);
    completionsOf(await tree()).parse(words);
  });
};
