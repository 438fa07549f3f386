import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { display } from "../../domain/display.ts";
import { requireView } from "../../dispatch/require-view.ts";
import { isWorkInProgress } from "../../domain/commit-text.ts";
import type { DefineCommand } from "../command.ts";
import type { Desk } from "../compose.ts";
import type { CliContext } from "../context.ts";

const LOOK_EVERY_MS = 300;

export const logs: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .option("-f, --follow", "keep printing until the task ends or Ctrl-C")
    .action(async (task, { follow }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const printed = new Map<string, number>();
      do {
        const view = await requireView(desk.ports, desk.human.run, task);
        for (const { log } of view.logs) printed.set(log, await print(context, log, printed.get(log)));
        if (follow !== true || ENDED.has(view.state.name)) return await saySaved(desk, context, task);
      } while (await wait(desk, context));
    });
};

async function saySaved({ ports }: Desk, context: CliContext, task: string): Promise<void> {
  const kept = (await ports.repository.readSalvage()).filter((one) => one.task === task);
  const saved = kept.findLast(({ subject }) => isWorkInProgress(subject));
  if (saved !== undefined) context.say(`unfinished work is saved as ${saved.ref}: git show ${saved.ref}`);
}

const ENDED = new Set([
  "ready-for-human",
  "needs-human",
  "approved",
  "merged",
  "closed",
  "failed",
  "cancelled",
  "parked",
]);

const wait = (desk: Desk, context: CliContext): Promise<boolean> =>
  desk.ports.clock.wait(LOOK_EVERY_MS, context.signal);

/** Prints what is new since `from` bytes; gives how far it came. A log that was never written is said so once. */
async function print(context: CliContext, file: string, from: number | undefined): Promise<number> {
  if (from === undefined && !context.json) context.say(`== ${file.split("/").at(-1) ?? file}`);
  const stream = createReadStream(file, { start: from ?? 0 });
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (context.json) context.answerJson({ v: 1, log: file.split("/").at(-1), line });
      else context.answer(display(line));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    if (from === undefined) context.say("   (nothing was printed)");
  }
  return (from ?? 0) + stream.bytesRead;
}
