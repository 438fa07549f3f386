import { propose, type Proposed } from "../dispatch/propose.ts";
import type { Proposal } from "../domain/proposal.ts";
import type { Added } from "../ports/backlog.ts";
import { exitOf } from "./commands/run.ts";
import type { Desk } from "./compose.ts";
import type { CliContext } from "./context.ts";
import { proposalText } from "./output/proposal-text.ts";
import { runNarrator } from "./output/run-narrator.ts";

/** One planned item, and where its sub-tasks were written; null: nowhere, as nobody wanted it. */
interface Planned extends Proposed {
  readonly added: Added | null;
}

/** `dispatch plan --propose`: what planners make of open items, in the backlog at the user's word alone. */
export async function proposeTasks(context: CliContext, only: readonly string[], write: boolean): Promise<void> {
  using screen = runNarrator(context);
  const { openDesk } = await import("./compose.ts");
  // In JSON there is one answer.
  const narrator = context.json ? {} : { narrator: screen };
  await using desk = await openDesk(context, {
    ...narrator,
    only,
    runnable: true,
    human: write || context.interactive,
  });
  await desk.startAgents();
  for (const note of desk.notes) context.warn(note);
  const all: Planned[] = [];
  try {
    // Each at once: what was paid for is not lost with the next.
    for await (const proposed of proposalsOn(desk))
      all.push({ ...proposed, added: await addTo(desk, proposed, write) });
  } finally {
    screen[Symbol.dispose]();
    if (!context.json) for (const one of all) for (const line of proposalText(one, one.added)) context.answer(line);
  }
  if (context.json) context.answerJson(answerOf(all));
  else await offer(context, desk, all, write);
  context.exitWith(exitOf(all.map(stateOf), "pr"));
}

async function* proposalsOn({ ports, settings, signal }: Desk): AsyncGenerator<Proposed, void, undefined> {
  try {
    yield* propose(ports, settings, signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

async function addTo({ backlog }: Desk, { item, tasks }: Proposed, write: boolean): Promise<Added | null> {
  return write && tasks.length > 0 ? await backlog.addSubTasks(item.id, tasks) : null;
}

/** To ask the planner again could give something else than what was seen. */
async function offer(context: CliContext, desk: Desk, all: readonly Planned[], write: boolean): Promise<void> {
  const accepted = all.filter(({ tasks }) => tasks.length > 0);
  if (all.length === 0) return context.say("nothing to split: no open item is new (dispatch status)");
  if (write || accepted.length === 0) return;
  if (!context.interactive)
    return context.say("next  add them to the backlog by hand, or: dispatch plan --propose --write");
  const { confirm } = await import("@clack/prompts");
  const { stdin: input, stderr: output, signal } = context;
  const answer = await confirm({ input, output, signal, message: "Add them to the backlog?", initialValue: false });
  signal.throwIfAborted();
  if (answer !== true) return;
  for (const one of accepted) for (const line of proposalText(null, await addTo(desk, one, true))) context.answer(line);
}

const stateOf = ({ refused, reason, added }: Planned) => {
  if (reason !== null) return { state: "parked", reason };
  const isLost = refused.length > 0 || (added !== null && "refused" in added);
  return { state: isLost ? "failed" : "queued", reason: null };
};

function answerOf(all: readonly Planned[]) {
  const costs = all.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    v: 1,
    proposals: all.map(({ item, added, ...more }) => ({
      ...{ item: item.id, title: item.title, ...more },
      written: added !== null && "file" in added ? added.file : null,
      unwritten: added !== null && "refused" in added ? added.refused : null,
    })),
    // As a JSON backlog has it.
    backlog: { tasks: all.filter(({ tasks }) => tasks.length > 0).map(asItem) },
    costUsd: costs.length === 0 ? null : costs.reduce((sum, usd) => sum + usd, 0),
  };
}

function asItem({ item, tasks }: Planned) {
  const { id, title, body, after, files, kind, skills, value, priority, estimateSeconds: est } = item;
  return { id, title, body, after, est, files, kind, skills, value, priority, children: tasks.map(asChild) };
}

const asChild = ({ estimate, ...task }: Proposal) => ({ ...task, est: estimate });
