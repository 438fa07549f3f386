import { checkTogether } from "../../dispatch/check-together.ts";
import { approve, merge, reject } from "../../dispatch/gate.ts";
import { judgeSiblings } from "../../dispatch/landing.ts";
import { isUnchecked } from "../../domain/task-state.ts";
import { foldTask, foldTasks, type TaskView, waitingFor } from "../../domain/task-view.ts";
import { display } from "../../domain/display.ts";
import type { PullRequest } from "../../ports/forge.ts";
import type { DefineCommand } from "../command.ts";
import type { Desk } from "../compose.ts";
import type { CliContext } from "../context.ts";
import { bodyLines, pullRequestJson, pullRequestRow } from "../output/pull-request-text.ts";
import { table } from "../output/table.ts";

/** The human's inbox: asks at a terminal, lists elsewhere. */
export const review: DefineCommand = (command, context) => {
  command.action(async () => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context, { human: context.interactive });
    const views = foldTasks(await desk.ports.journal.read());
    const waiting = await fetchWaiting(desk, views);
    if (context.json) return context.answerJson(waiting.map(pullRequestJson));
    // They have no pull request in which a person could decide: who reads no status would not learn of them.
    const stopped = [...views.values()].filter(({ state, pr }) => state.name === "needs-human" && pr === null);
    if (waiting.length + stopped.length === 0) return context.say("nothing waits for you");
    if (context.interactive) await walk(desk, context, waiting);
    else for (const line of table(waiting.map(pullRequestRow))) context.answer(line);
    for (const view of stopped) context.answer(`${view.id}  ${display(waitingFor(view, null) ?? "")}`);
    const [first] = waiting;
    if (first !== undefined && !context.interactive)
      context.say(`next  dispatch pr show ${first.number}, then dispatch approve ${first.task}`);
  });
};

/** Open and unapproved, oldest first. */
async function fetchWaiting({ ports }: Desk, views: ReadonlyMap<string, TaskView>): Promise<readonly PullRequest[]> {
  const open = (await ports.forge.fetchPullRequests()).filter((pullRequest) => pullRequest.state === "open");
  return open
    .filter(({ task }) => ["ready-for-human", "needs-human", undefined].includes(views.get(task)?.state.name))
    .sort((a, b) => a.number - b.number);
}

async function walk(desk: Desk, context: CliContext, waiting: readonly PullRequest[]): Promise<void> {
  for (const pullRequest of waiting) {
    // What was merged before it may have been in its way.
    const { state, reason } = foldTask(await desk.ports.journal.read({ task: pullRequest.task }));
    if (state.name === "queued" && !isUnchecked(state)) {
      context.warn(`${pullRequest.task} has to be mended first: ${reason ?? ""}; dispatch run`);
      continue;
    }
    context.answer(pullRequestRow(pullRequest).join("  "));
    for (const line of bodyLines(pullRequest.body)) context.answer(line);
    if ((await ask(desk, context, pullRequest)) === "quit") return;
  }
}

const DIFF_BYTES = 2_000_000;

/** Asks until something was decided; looking at the diff decides nothing. */
async function ask(desk: Desk, context: CliContext, pullRequest: PullRequest): Promise<"next" | "quit"> {
  const prompts = await import("@clack/prompts");
  for (;;) {
    const word = await prompts.select({
      signal: context.signal,
      message: `#${pullRequest.number} ${display(pullRequest.title)}`,
      options: [
        { value: "diff", label: "show the diff" },
        { value: "approve", label: "approve" },
        { value: "merge", label: "approve and merge" },
        { value: "reject", label: "send back" },
        { value: "skip", label: "later" },
        { value: "quit", label: "quit" },
      ],
    });
    context.signal.throwIfAborted();
    if (prompts.isCancel(word) || word === "quit") return "quit";
    if (word === "diff") {
      await showDiff(desk, context, pullRequest);
      continue;
    }
    if (word !== "skip") await act(desk, context, pullRequest, word);
    return "next";
  }
}

async function showDiff({ ports }: Desk, context: CliContext, { base, head }: PullRequest): Promise<void> {
  const { commit } = await ports.repository.fetchBase();
  const fork = (await ports.repository.mergeBase(commit, head)) ?? base;
  for (const line of (await ports.repository.readDiff(fork, head, DIFF_BYTES)).split("\n"))
    context.answer(display(line));
}

async function act(
  desk: Desk,
  context: CliContext,
  { task, draft, head }: PullRequest,
  word: "approve" | "merge" | "reject",
): Promise<void> {
  if (word === "reject") {
    const prompts = await import("@clack/prompts");
    const why = await prompts.text({
      signal: context.signal,
      message: "what should change?",
      validate: (text) => ((text ?? "").trim() === "" ? "say what should change" : undefined),
    });
    context.signal.throwIfAborted();
    if (prompts.isCancel(why)) return;
    await reject(desk.ports, desk.human, task, why, desk.settings.humanRounds);
    return context.say(`${task} sent back; dispatch run lets the coder mend it`);
  }
  if (draft)
    return context.warn(
      `${task} was held back by its review; approve it by name: dispatch approve ${task} --allow CODE`,
    );
  await approve(desk.ports, desk.human, task, { seen: head });
  const { ports, settings, signal } = desk;
  if (word === "merge") {
    await merge(ports, desk.human, task, (seen) => checkTogether(ports, settings, seen, signal));
    await judgeSiblings(ports, settings);
  }
  context.say(word === "merge" ? `${task} merged` : `${task} approved; dispatch merge ${task} merges it`);
}
