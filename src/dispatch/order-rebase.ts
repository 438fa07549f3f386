import type { Stage } from "../domain/fact.ts";
import { conflictReason } from "../domain/landing.ts";
import { parsePullRequest } from "../domain/pull-request-text.ts";
import { parseReason } from "../domain/retry.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Base } from "../ports/repository.ts";
import { hearReview, type Hearing } from "./asked.ts";
import { conflictFinding, recordLanding, type LandingSettings } from "./landing.ts";
import { isOursThere } from "./ours.ts";
import type { Ports, Settings } from "./ports.ts";
import { findMove, move } from "./rebase.ts";

/** What a head may be moved onto, and by which rules. */
export interface Onto {
  readonly base: Base;
  readonly settings: LandingSettings & Pick<Settings, "policy">;
}

export interface Obeying extends Hearing {
  readonly onto: Onto;
}

/**
 * The head onto the base, since somebody asked for it: also one that was approved. Checks and review look at what it is
 * then, as at everything that moved; in conflict its coder makes the change again. Gives what there is to say about it.
 */
export async function rebaseAsked(
  hearing: Obeying,
  before: TaskView,
  key: string,
  { number, by }: { readonly number: number; readonly by: string },
): Promise<string | null> {
  const { ports, say, onto } = hearing;
  const { base, settings } = onto;
  const { journal, forge } = ports;
  // It was obeyed, and the run was killed before it was ticked off.
  if ((await journal.read({ task: before.id })).some((fact) => fact.key === `${before.id}/${key}`)) return null;
  const pullRequest = await forge.fetchPullRequest(number);
  if (pullRequest === null || !isWaiting(before))
    return `Nothing was moved: it is \`${before.state.name}\`${before.reason === null ? "" : ` (${before.reason})`}, and only what waits for a human is.`;
  // At another head nobody would hear it.
  await hearReview(hearing, before, pullRequest);
  const view = foldTask(await journal.read({ task: before.id }));
  await catchUp(ports, view);
  const due = view.state.name === "queued" && !("head" in view.state) ? view.state.from : "test";
  const again = async (from: Stage): Promise<void> =>
    void (await say(key, { name: "task.retried", data: { from: view.feedback.length > 0 ? "code" : from, by } }));
  const found = await findMove(ports, view, pullRequest, base);
  const onBase = `${base.branch} as it is now (${base.commit.slice(0, 12)})`;
  if (found === null && (isEvidenceOf(pullRequest) || view.state.name === "queued"))
    return `It stands on ${onBase}: there is nothing to rebase.`;
  // What stands there was moved before, and nobody looked at it yet.
  const mover = { by: "dispatch", run: settings.run, isJudgedNext: true } as const;
  const moved = found === null ? "rebased" : await move(ports, mover, settings.policy, found);
  switch (moved) {
    case "rebased":
      await again(due);
      return null;
    case "busy":
      return "Nothing was moved: its branch is checked out, or holds commits of somebody else, or some that were never published.";
    case "held":
      return `Nothing was moved: on ${onBase} the same change would be one of protected files.`;
    case "conflict": {
      const files = await recordConflict(ports, onto, view, pullRequest.head);
      if (files === null) return `Nothing was moved: it cannot be made again on ${onBase} commit by commit.`;
      await again("code");
      return `It conflicts with ${onBase}: ${files.join(", ")}. Its coder makes the change again.`;
    }
  }
}

const isEvidenceOf = ({ body, head }: PullRequest): boolean => (parsePullRequest(body)?.head ?? head) === head;

/** For a human's word, or for the next run; what was withheld or paused is left alone. */
function isWaiting({ state, reason }: TaskView): boolean {
  const code = reason === null ? null : (parseReason(reason)?.code ?? null);
  if (state.name === "needs-human") return code !== "policy" && code !== "secret";
  if (state.name === "parked") return code === "conflict" || code === "checks_failed";
  return ["ready-for-human", "approved", "queued"].includes(state.name);
}

/** Another clone of ours went on with it. */
async function catchUp(ports: Ports, { id, branch }: TaskView): Promise<void> {
  const { repository } = ports;
  if (branch === null) return;
  const [here, there] = [await repository.readBranch(branch), await repository.fetchPublished(branch)];
  if (there === null || here === there || (here !== null && !(await repository.isAncestor(here, there)))) return;
  if (await isOursThere(ports, id, there)) await repository.moveBranch(branch, there, here);
}

/** Files in conflict, written down for the coder; null where the two merge, or have nothing in common. */
async function recordConflict(
  ports: Ports,
  { base, settings }: Onto,
  view: TaskView,
  head: string,
): Promise<readonly string[] | null> {
  const { repository } = ports;
  const forecast = await repository.forecast(base.commit, head);
  if (forecast.clean || (await repository.mergeBase(base.commit, head)) === null) return null;
  const { files } = forecast;
  const [reason, findings] = [conflictReason(base.branch, files), [conflictFinding(base, files)]];
  const data = { head, base: base.commit, outcome: "conflict", reason, findings } as const;
  await recordLanding(ports, settings, view, data, base);
  return files;
}
