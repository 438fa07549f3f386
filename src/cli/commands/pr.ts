import { DispatchError } from "../../domain/errors.ts";
import { display } from "../../domain/display.ts";
import type { DefineCommand } from "../command.ts";
import { bodyLines, pullRequestJson, pullRequestRow } from "../output/pull-request-text.ts";
import { table } from "../output/table.ts";
import { PullRequestNumber } from "../schemas.ts";
import { valueOf } from "../value-of.ts";

export const pr: DefineCommand = (command, context) => {
  command
    .command("list")
    .description("every pull request of ours, newest first")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      const all = [...(await desk.ports.forge.fetchPullRequests())].sort((a, b) => b.number - a.number);
      if (context.json) return context.answerJson(all.map(pullRequestJson));
      if (all.length === 0) context.say("no pull request yet: dispatch run");
      for (const line of table(all.map(pullRequestRow))) context.answer(line);
    });
  command
    .command("show")
    .description("one pull request with its evidence")
    .argument("<number>", "its number", valueOf(PullRequestNumber))
    .action(async (number) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      const found = await desk.ports.forge.fetchPullRequest(number);
      if (found === null)
        throw new DispatchError({
          code: "unknown_pull_request",
          message: `no pull request #${number}`,
          hint: "dispatch pr list",
        });
      if (context.json)
        return context.answerJson({ ...pullRequestJson(found), body: found.body, comments: found.comments });
      context.answer(pullRequestRow(found).join("  "));
      context.answer(`${found.base} <- ${found.branch} at ${found.head.slice(0, 12)}`);
      context.answer("");
      for (const line of bodyLines(found.body)) context.answer(line);
      for (const comment of found.comments)
        context.answer(`\n${comment.at}  ${display(comment.by)}\n${comment.body.split("\n").map(display).join("\n")}`);
    });
};
