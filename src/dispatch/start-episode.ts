import { branchName, parseBranchName } from "../domain/branch-name.ts";
import type { Stage } from "../domain/fact.ts";
import type { Role } from "../domain/assignment.ts";
import { chooseAgent } from "../domain/routing.ts";
import type { Task } from "../domain/task.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { Base } from "../ports/repository.ts";
import { dueOf, type Due } from "./due.ts";
import { requireOurBranch } from "./hands-off.ts";
import { isLostTurn } from "./ours.ts";
import { findingsToMend, moveOnto, toMend } from "./mend.ts";
import { heedSuggestions } from "./suggestions.ts";
import { episodeId, STORY_VERSION, type Episode, type EpisodeOutcome } from "./episode.ts";
import type { Ports, PortsWithEngine, Settings } from "./ports.ts";

export interface EpisodeRequest {
  readonly task: Task;
  readonly lane: number;
  readonly base: Base;
  readonly due: Due;
  readonly view: TaskView | undefined;
}

/**
 * Begins the next episode, or joins the one that a stopped run left. An episode of another story version cannot be
 * replayed through this one: it is cancelled and begun anew from what the journal knows. null where this host only offers.
 */
export async function startEpisode(
  ports: PortsWithEngine,
  settings: Settings,
  request: EpisodeRequest,
): Promise<EpisodeOutcome | null> {
  const { task, view, due } = request;
  const unfinished = new Map((await ports.engine.unfinished()).map((work) => [work.id, work.version]));
  const current = view?.episode ?? 0;
  for (let number = due.kind === "resume" ? current : current + 1; ; number += 1) {
    const id = episodeId(ports.repository.id, task.id, number);
    const version = unfinished.get(id);
    if (version !== undefined && version !== STORY_VERSION) {
      await ports.engine.cancel(id);
      continue;
    }
    if (version === undefined && number <= current) continue;
    const plan = async (): Promise<Episode> =>
      await handedOver(ports, await planEpisode(ports, settings, request, number));
    const input = version === undefined ? await plan() : null;
    const outcome = await ports.engine.run<EpisodeOutcome | null>(id, "task", input);
    // A number that ended before it began is used up.
    if (outcome?.kind !== "off" || !(await isStillDue(ports, task))) return outcome;
  }
}

async function isStillDue({ journal }: Ports, task: Task): Promise<boolean> {
  const facts = await journal.read({ task: task.id });
  return dueOf(task, facts.length === 0 ? undefined : foldTask(facts)).kind !== "rest";
}

async function planEpisode(
  ports: Ports,
  settings: Settings,
  request: EpisodeRequest,
  episode: number,
): Promise<Episode> {
  const { task, lane, base, due, view } = request;
  const branch = await nextBranch(ports, task, view);
  const scope = { run: settings.run, task: task.id, episode };
  if (view?.branch === branch) await requireOurBranch(ports, scope, view, due);
  const begun = await startOf(ports, request, branch);
  const from = await firstStage(ports, request, begun);
  const { feedback: asked = [] } = view ?? {};
  const heeding = { scope, task, branch, feedback: asked, work: begun, policy: settings.policy };
  const { work, isAll, findings } = await heedSuggestions(ports, heeding);
  const { pipeline, attempts, rounds, limits, testPaths, policy, fence } = settings;
  const start = work ?? base.commit;
  const saved = await readSaved(ports, view?.beginsWith ?? null, start);
  const mending = toMend(view);
  const broken = mending === null ? [] : await findingsToMend(ports, base, mending, work === null);
  const feedback = [...broken, ...findings];
  // Nothing is left for a coder.
  const isHeeded = isAll && mending === null && saved.work === null;
  return {
    run: settings.run,
    task,
    episode,
    from: from === "code" && isHeeded ? "test" : from,
    why: `${due.kind === "begin" ? due.why : "taken up again"}${saved.note}`,
    lane,
    branch,
    base,
    start,
    ...(saved.work === null ? {} : { saved: saved.work }),
    feedback,
    roundsBefore: feedback.length === 0 ? 0 : Math.max(view?.rounds ?? 0, view?.humanRounds ?? 0),
    agents: route(ports, task),
    coders: [...ports.agents.values()].flatMap(({ name, role, skills }) =>
      role === "coder" ? [{ name, role, skills }] : [],
    ),
    rules: { pipeline, attempts, rounds, limits, testPaths, policy, fence },
  };
}

/** Whoever walks it needs what it starts from, which may never have left this host. */
async function handedOver(ports: Ports, episode: Episode): Promise<Episode> {
  const { task, start, base, saved } = episode;
  if (start !== base.commit) await ports.handover.give(task.id, start);
  if (saved !== undefined) await ports.handover.give(task.id, saved.commit);
  return episode;
}

interface SavedWork {
  readonly work: NonNullable<Episode["saved"]> | null;
  /** For the journal: what became of the wish. */
  readonly note: string;
}

/** On what it starts from now, never in its place: the base may have moved, and what it brought must not be undone. */
async function readSaved({ repository }: Ports, ref: string | null, start: string): Promise<SavedWork> {
  if (ref === null) return { work: null, note: "" };
  const kept = (await repository.readSalvage()).find((one) => one.ref === ref);
  if (kept === undefined) return { work: null, note: `; ${ref} is not there any more` };
  const fork = await repository.mergeBase(start, kept.commit);
  const commit = fork === null ? null : await repository.replay(fork, kept.commit, start);
  if (commit === null) return { work: null, note: `; ${ref} is in conflict with where it starts` };
  return { work: { ref, commit }, note: `; with the files of ${ref}` };
}

/** Work of which the journal knows nothing was a coder's finished turn; nobody knows who judged it. */
async function firstStage(ports: Ports, { due, view }: EpisodeRequest, work: string | null): Promise<Stage> {
  if (work === null) return "code";
  if (view === undefined) return "test";
  // It is the answer to what the human asked for.
  const isAnswered = due.kind === "begin" && due.why === "rejected" && (await isLostTurn(ports, view.id, work));
  if (isAnswered) return "test";
  return due.kind === "begin" ? due.from : "code";
}

/** A branch is fixed at first use; after a closed pull request the next attempt gets a name of its own. */
async function nextBranch(ports: Ports, task: Task, view: TaskView | undefined): Promise<string> {
  if (view === undefined || view.branch === null) return branchName(task.id, task.title, 1);
  const last = view.pr === null ? null : await ports.forge.fetchPullRequest(view.pr);
  if (last?.state !== "closed") return view.branch;
  return branchName(task.id, view.title, (parseBranchName(view.branch)?.attempt ?? 1) + 1);
}

/**
 * Work is taken up where it stands if it still merges with the base, and on the base where that is what broke it; in
 * conflict, or where there is none, the coder starts from the base. The old head stays reachable under
 * `refs/dispatch/salvage`.
 */
async function startOf(
  ports: Ports,
  { base, task, view, due }: EpisodeRequest,
  branch: string,
): Promise<string | null> {
  if (view !== undefined && view.branch !== branch) return null;
  const head = await ports.repository.readBranch(branch);
  if (head === null || head === base.commit || (await ports.repository.isAncestor(head, base.commit))) return null;
  // Without a journal the trailers of its commits say whether it is ours.
  const isOurs = view !== undefined || (await ports.repository.readMergedTasks(head)).has(task.id);
  const isBroken = toMend(view)?.outcome === "fails" && due.kind === "begin" && due.from === "code";
  if (isOurs && !isBroken && (await ports.repository.forecast(base.commit, head)).clean) return head;
  await ports.repository.salvage(task.id, head);
  return isOurs && isBroken ? await moveOnto(ports, base, head) : null;
}

function route(ports: Ports, task: Task): Partial<Record<Role, string>> {
  const agents = [...ports.agents.values()];
  const chosen = (["coder", "tester", "reviewer"] as const).flatMap((role) => {
    const agent = chooseAgent(agents, role, task.skills);
    return agent === null ? [] : [[role, agent] as const];
  });
  return Object.fromEntries(chosen);
}
