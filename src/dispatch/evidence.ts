import { newTestsFail, type Evidence } from "../domain/evidence.ts";
import type { Fact } from "../domain/fact.ts";
import { globMatches } from "../domain/overlap.ts";
import type { Round, RoleVerdict } from "../domain/review-round.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { Steps } from "../ports/steps.ts";
import { ensureBaseChecked } from "./base-checks.ts";
import { ensureChecked } from "./ensure-checked.ts";
import type { Episode } from "./episode.ts";
import { isoTime, type Ports } from "./ports.ts";
import type { Walk } from "./review-loop.ts";

export type Finished = Extract<Walk, { kind: "approved" | "stopped" }>;

/** What a human needs in order to judge: three runs of the checks, the size, the rounds, who, how much, how to repeat it. */
export async function gatherEvidence(ports: Ports, steps: Steps, episode: Episode, walk: Finished): Promise<Evidence> {
  return await steps.run("evidence", async (signal): Promise<Evidence> => {
    const { base, rules, task, run } = episode;
    for (const commit of [base.commit, walk.head]) await ports.handover.bring(task.id, commit);
    const fork = await forkOf(ports, episode, walk.head);
    const changes = await ports.repository.readChanges(fork, walk.head);
    const tested = rules.pipeline.includes("test");
    const onBase = tested ? await ensureBaseChecked(ports, { run, limits: rules.limits }, base.commit, signal) : null;
    const tests = changes
      .map(({ path }) => path)
      .filter((path) => rules.testPaths.some((glob) => globMatches(glob, path)));
    // What fails here is what the change is needed for.
    const commit = tests.length > 0 ? await ports.repository.overlay(fork, walk.head, tests) : null;
    const without =
      onBase !== null && commit !== null
        ? await ensureChecked(ports, episode, { kind: "without_change", commit, fork, round: 0 }, signal)
        : null;
    const facts = await ports.journal.read({ task: task.id });
    const view = foldTask(facts);
    const head = view.checks.findLast((check) => check.kind === "head" && check.commit === walk.head) ?? null;
    return {
      task,
      summary: walk.summary,
      base,
      head: walk.head,
      branch: episode.branch,
      checks: { base: onBase, head, withoutChange: without },
      newTestsFail: newTestsFail({ base: onBase, withoutChange: without, testsChanged: tests.length > 0 }),
      tests: facts.flatMap((fact) => (fact.name === "tests.judged" ? [fact.data] : [])),
      changes,
      rounds: [...earlierRounds(view, episode.episode), ...walk.rounds],
      ...(view.humanRounds === 0 ? {} : { humanRounds: view.humanRounds }),
      ...(view.adopted === null ? {} : { roundsBefore: view.adopted.rounds }),
      agents: view.agents,
      attempts: view.attempts,
      costUsd: view.costUsd,
      capUsd: view.capUsd,
      seconds: view.seconds,
      at: isoTime(ports.clock.now()),
      fence: fencesOf(facts, episode),
      policy: rules.policy.hash,
      journal: await ports.journal.mark(),
      open: walk.kind === "stopped" ? walk.reason : null,
    };
  });
}

/** Hosts that share the work may be fenced in differently: each says how where it started an agent. */
function fencesOf(facts: readonly Fact[], { episode, rules }: Episode): string {
  const here = facts.flatMap((fact) =>
    fact.name === "assignment.started" && fact.episode === episode ? [fact.data.fence ?? rules.fence] : [],
  );
  return here.length === 0 ? rules.fence : [...new Set(here)].join(" · elsewhere: ");
}

/** What was said in episodes before this one, for example on the version that a human sent back. */
function earlierRounds({ verdicts }: TaskView, episode: number): readonly Round[] {
  const rounds = new Map<string, RoleVerdict[]>();
  for (const { role, agent, decision, findings, summary, ...at } of verdicts) {
    if (at.episode >= episode) continue;
    const key = `${at.episode}/${at.round}`;
    rounds.set(key, [...(rounds.get(key) ?? []), { role, agent, verdict: { decision, findings, summary } }]);
  }
  return [...rounds.values()].map((said) => ({ verdicts: said }));
}

/** Where the branch left the base. Every snapshot stands on the one before, so what began on the base still does. */
export async function forkOf(ports: Ports, { start, base }: Episode, head: string): Promise<string> {
  return start === base.commit ? base.commit : ((await ports.repository.mergeBase(base.commit, head)) ?? base.commit);
}
