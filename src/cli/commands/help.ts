import { DispatchError, EXIT } from "../../domain/errors.ts";
import { nearest } from "../../domain/nearest.ts";
import type { Command, DefineCommand } from "../command.ts";
import { readTopic, TOPICS } from "../topics.ts";

export const help: DefineCommand = (command, context, tree) => {
  const topics = Object.entries(TOPICS).map(([name, about]) => `  ${name.padEnd(12)}  ${about}`);
  command
    .argument("[words...]", "a command or a topic")
    .addHelpText("after", `\nTopics:\n${topics.join("\n")}`)
    .action(async (words) => {
      const program = await tree();
      const [first] = words;
      const found = findCommand(program, words);
      if (first === undefined) {
        program.outputHelp();
        context.answer(`\nTopics:\n${topics.join("\n")}`);
      } else if (found !== null) {
        found.outputHelp();
      } else if (first in TOPICS && words.length === 1) {
        const text = readTopic(first);
        if (context.json) context.answerJson({ v: 1, topic: first, text });
        else context.answer(text.trimEnd());
      } else {
        throw unknown(words.join(" "), program);
      }
    });
};

function findCommand(program: Command, words: readonly string[]): Command | null {
  if (words.length === 0) return null;
  let found = program;
  for (const word of words) {
    const next = found.commands.find((one) => one.name() === word);
    if (next === undefined) return null;
    found = next as Command;
  }
  return found;
}

function unknown(words: string, program: Command): DispatchError {
  const near = nearest(words, [...Object.keys(TOPICS), ...program.commands.map((one) => one.name())]);
  return new DispatchError({
    code: "usage",
    message: `there is no command and no topic ${words}`,
    hint: near === null ? "dispatch help" : `did you mean: dispatch help ${near}`,
    exit: EXIT.usage,
  });
}
