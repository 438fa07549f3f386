import { DispatchError } from "../../domain/errors.ts";
import { display } from "../../domain/display.ts";
import { foldTasks } from "../../domain/task-view.ts";
import { readOpenWork } from "../../dispatch/outlook.ts";
import type { Desk } from "../compose.ts";
import type { Forge, PullRequest, PullRequestDetails } from "../../ports/forge.ts";
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

/** What git and the journal know beyond the forge: whether it can be merged, and who is in its way. */
interface Standing {
  readonly taskState: string | null;
  readonly reason: string | null;
  readonly conflictsWith: readonly number[];
}

async function readStandings({ ports }: Desk, all: readonly PullRequest[]): Promise<ReadonlyMap<number, Standing>> {
  const views = foldTasks(await ports.journal.read());
  const base = (await ports.repository.readBase()) ?? (await ports.repository.fetchBase());
  const { conflicts } = await readOpenWork(ports, views, base.commit);
  const standing = ({ number, task }: PullRequest): Standing => {
    const view = views.get(task);
    if (view?.pr !== number) return { taskState: null, reason: null, conflictsWith: [] };
    const others = conflicts.flatMap(({ a, b }) => (a === task ? [b] : b === task ? [a] : []));
    const conflictsWith = others.flatMap((id) => views.get(id)?.pr ?? []);
    return { taskState: view.state.name, reason: view.reason, conflictsWith };
  };
  return new Map(all.map((one) => [one.number, standing(one)]));
}

function standingText(standing: Standing | undefined): string {
  if (standing?.taskState === "queued" && standing.reason !== null) return `not ready: ${display(standing.reason)}`;
  const others = standing?.conflictsWith ?? [];
  return others.length === 0 ? "" : `in conflict with ${others.map((number) => `#${number}`).join(", ")}`;
}

export const pr: DefineCommand = (command, context) => {
  command
    .command("list")
    .description("every pull request of ours, newest first")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const all = [...(await desk.ports.forge.fetchPullRequests())].sort((a, b) => b.number - a.number);
      const standings = await readStandings(desk, all);
      if (context.json)
        return context.answerJson(all.map((one) => ({ ...pullRequestJson(one), ...standings.get(one.number) })));
      if (all.length === 0) context.say("no pull request yet: dispatch run");
      const rows = all.map((one) => [...pullRequestRow(one), standingText(standings.get(one.number))]);
      for (const line of table(rows)) context.answer(line);
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
