import { DispatchError } from "../../domain/errors.ts";
import { display } from "../../domain/display.ts";
import type { Forge, PullRequestDetails } from "../../ports/forge.ts";
import type { DefineCommand } from "../command.ts";
import { bodyLines, pullRequestJson, pullRequestRow } from "../output/pull-request-text.ts";
import { table } from "../output/table.ts";
import { PullRequestNumber } from "../schemas.ts";

/** The newest, where a task had several. */
async function fetchNamed(forge: Forge, which: string): Promise<PullRequestDetails | null> {
  const asked = PullRequestNumber.safeParse(which);
  if (asked.success) return await forge.fetchPullRequest(asked.data);
  const all = (await forge.fetchPullRequests()).filter(({ task }) => task === which);
  const newest = Math.max(0, ...all.map(({ number }) => number));
  return newest === 0 ? null : await forge.fetchPullRequest(newest);
}

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
    .argument("<number|task>", "its number, or the id of its task")
    .action(async (which) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { journal: false });
      const found = await fetchNamed(desk.ports.forge, which);
      if (found === null)
        throw new DispatchError({
          code: "unknown_pull_request",
          message: `no pull request ${which}`,
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
