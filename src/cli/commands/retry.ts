import { Option } from "@commander-js/extra-typings";
import { retry as retryTask } from "../../dispatch/gate.ts";
import { isWorkInProgress } from "../../domain/commit-text.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";

export const retry: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .addOption(
      new Option("--from <stage>", "where to begin")
        .choices(["code", "test", "review"] as const)
        .default("code" as const),
    )
    .option("--salvage", "the coder begins with the unfinished work that was saved last")
    .option("--no-salvage", "it does not, and nobody asks")
    .action(async (task, { from, salvage }) => {
      if (salvage === true && from !== "code") throw forACoder(from);
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const { ports, human } = desk;
      const kept = (await ports.repository.readSalvage()).filter((one) => one.task === task);
      const unfinished = kept.findLast(({ subject }) => isWorkInProgress(subject))?.ref ?? null;
      // Who asks for it may have what another head took the place of.
      const last = unfinished ?? (salvage === true ? (kept.at(-1)?.ref ?? null) : null);
      if (salvage === true && last === null) throw nothingSaved(task);
      const wanted = last !== null && from === "code" && (salvage ?? (await ask(context, last)));
      const saved = wanted ? last : null;
      await retryTask(ports, human, task, from, saved);
      if (context.json) return context.answerJson({ v: 1, task, state: "queued", from, saved });
      context.answer(`${task} will begin anew from ${from}${saved === null ? "" : `, with the files of ${saved}`}`);
      if (salvage === undefined && last !== null && !wanted && from === "code")
        context.say(`${last} holds unfinished work; to begin with it: dispatch retry ${task} --salvage`);
      context.say(`next  dispatch run ${task}`);
    });
};

/** Where nobody can be asked, a task begins as it always did. */
async function ask({ interactive, yes, stdin, stderr, signal }: CliContext, ref: string): Promise<boolean> {
  if (!interactive || yes) return false;
  const { confirm, isCancel } = await import("@clack/prompts");
  const message = `Unfinished work was saved as ${ref} (git show ${ref}). Begin with it?`;
  const answer = await confirm({ input: stdin, output: stderr, signal, message, initialValue: true });
  signal.throwIfAborted();
  if (!isCancel(answer)) return answer;
  throw new DispatchError({
    code: "cancelled",
    message: "Nothing was changed.",
    hint: "dispatch retry TASK --no-salvage begins without it",
    exit: EXIT.interrupted,
  });
}

function forACoder(from: string): DispatchError {
  return new DispatchError({
    code: "usage",
    message: `--salvage is for a coder, and --from ${from} begins behind it`,
    hint: "leave out one of the two",
    exit: EXIT.usage,
  });
}

function nothingSaved(task: string): DispatchError {
  return new DispatchError({
    code: "nothing_saved",
    message: `no unfinished work of ${task} is saved here`,
    hint: `dispatch retry ${task}`,
  });
}
