import { reviewPullRequest } from "../../dispatch/review-pr.ts";
import type { DefineCommand } from "../command.ts";
import { runNarrator } from "../output/run-narrator.ts";
import { PullRequestNumber } from "../schemas.ts";
import { valueOf } from "../value-of.ts";
import { exitOf } from "./run.ts";

export const reviewPr: DefineCommand = (command, context) => {
  command
    .argument("<number>", "any pull request, whoever wrote it", valueOf(PullRequestNumber))
    .action(async (number) => {
      using screen = runNarrator(context);
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { ...(context.json ? {} : { narrator: screen }), runnable: true });
      await desk.startAgents();
      for (const note of desk.notes) context.warn(note);
      const { ports, settings, signal } = desk;
      const looked = await reviewPullRequest(ports, settings, number, signal).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
      screen[Symbol.dispose]();
      const { pullRequest, agent, verdict, reason } = looked;
      const { head, by } = pullRequest;
      if (context.json) context.answerJson({ v: 1, number, head, by, agent, verdict, reason });
      else if (verdict === null) context.answer(`#${number} was not reviewed: ${reason ?? ""}`);
      else {
        const decided = verdict.decision === "approve" ? "nothing has to change" : "changes are asked for";
        context.answer(`#${number} of ${by} at ${head.slice(0, 7)}: ${decided}`);
        for (const { severity, path, line, message } of verdict.findings)
          context.answer(`  ${severity}  ${path ?? ""}${line === null ? "" : `:${line}`}  ${message}`);
      }
      context.exitWith(exitOf(reason === null ? [] : [{ state: "failed", reason }], "pr"));
    });
};
