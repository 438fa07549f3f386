import type { DefineCommand } from "../command.ts";

const LOOK_EVERY_MS = 10_000;

export const watcher: DefineCommand = (command, context) => {
  command
    .command("status")
    .description("is it paused, and by whom")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      const state = await desk.watcher.readState();
      if (context.json) return context.answerJson({ v: 1, ...state });
      context.answer(state.paused ? `paused by ${state.by ?? "a flag that is not ours"}` : "not paused");
    });
  command
    .command("pause")
    .description("leave waiting branches alone until resume")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      await desk.watcher.pause();
      context.say("paused; dispatch watcher resume ends it");
    });
  command
    .command("resume")
    .description("end the pause")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      await desk.watcher.resume();
      context.say("resumed");
    });
  command
    .command("run")
    .description("rebase waiting task branches whenever the base moves, until Ctrl-C")
    .option("--once", "look once and end")
    .action(async ({ once }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const { rebaseWaiting } = await import("../../dispatch/rebase-waiting.ts");
      if (once !== true) context.say("watching the base; Ctrl-C ends it");
      do {
        for (const line of await rebaseWaiting(desk.ports, desk.watcher, desk.human, desk.settings))
          context.json ? context.answerJson({ v: 1, ...line }) : context.answer(`${line.task}  ${line.outcome}`);
      } while (once !== true && (await desk.ports.clock.wait(LOOK_EVERY_MS, context.signal)));
    });
};
