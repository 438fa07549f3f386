import type { Policy } from "../domain/authorize.ts";
import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Human } from "./gate.ts";
import { findWorse } from "./inspect.ts";
import { isOurs } from "./ours.ts";
import { record, type Ports, type Settings } from "./ports.ts";
import { reconcile } from "./reconcile.ts";

/** What the rebase watcher may ask of git. */
export interface Watching {
  isPaused(): Promise<boolean>;
  /** True while the branch is checked out anywhere or an agent works on it. */
  isBusy(branch: string): Promise<boolean>;
}

export interface Rebased {
  readonly task: string;
  readonly outcome: "rebased" | "conflict" | "busy" | "paused" | "held";
}

/**
 * One look: every open task branch that does not contain the base yet is replayed onto it without a checkout, if
 * nobody works on it. A head that a human approved stays as it is (docs/contract.md §9: never unasked), and so does
 * a branch to which somebody else pushed.
 */
export async function rebaseWaiting(
  ports: Ports,
  watching: Watching,
  human: Human,
  settings: Pick<Settings, "policy" | "pipeline" | "rounds" | "humanRounds">,
): Promise<readonly Rebased[]> {
  const { policy } = settings;
  const base = await ports.repository.fetchBase();
  await reconcile(ports, { ...settings, run: human.run }, base);
  const open = (await ports.forge.fetchPullRequests()).filter(({ state }) => state === "open");
  const rebased: Rebased[] = [];
  for (const view of foldTasks(await ports.journal.read()).values()) {
    const pullRequest = open.find(({ number }) => number === view.pr);
    if (view.state.name !== "ready-for-human" || view.branch === null || pullRequest === undefined) continue;
    const head = await ports.repository.readBranch(view.branch);
    if (head === null) continue;
    const contains = await ports.repository.isAncestor(base.commit, head);
    if (contains && pullRequest.head === head) continue;
    const candidate = { view, pullRequest, branch: view.branch, head, base: base.commit, contains };
    rebased.push({ task: view.id, outcome: await look(ports, watching, human, policy, candidate) });
  }
  return rebased;
}

interface Candidate {
  readonly view: TaskView;
  readonly pullRequest: PullRequest;
  readonly branch: string;
  readonly head: string;
  readonly base: string;
  /** It was moved by a look that ended before the rest of the world knew. */
  readonly contains: boolean;
}

async function look(
  ports: Ports,
  watching: Watching,
  human: Human,
  policy: Policy,
  candidate: Candidate,
): Promise<Rebased["outcome"]> {
  const { view, branch, head, base, contains, pullRequest } = candidate;
  if (await watching.isPaused()) return "paused";
  // Somebody moved the branch here, or there: what they put on it is not ours to publish.
  if (head !== pullRequest.head && !(await isOurs(ports, view.id, head))) return "busy";
  const there = await ports.repository.fetchPublished(branch);
  const isOursThere = there === null || there === head || there === pullRequest.head;
  if (!isOursThere || (await watching.isBusy(branch))) return "busy";
  const moved = contains ? head : await replay(ports, head, base);
  if (moved === null) return "conflict";
  if ((await findWorse(ports, { head: pullRequest.head, base, moved }, policy)) !== null) return "held";
  const scope = { run: human.run, task: view.id, episode: view.episode };
  const key = `${view.id}/${view.episode}/rebasing/${moved}`;
  await record(ports, scope, key, { name: "rebase.intended", data: { from: pullRequest.head, to: moved } });
  if (moved !== head) await ports.repository.moveBranch(branch, moved, head);
  await ports.repository.publish(branch, moved, there);
  await tell(ports, human, candidate, moved);
  return "rebased";
}

async function replay(ports: Ports, head: string, base: string): Promise<string | null> {
  const fork = await ports.repository.mergeBase(base, head);
  return fork === null ? null : await ports.repository.replay(fork, head, base);
}

/** What the evidence is of does not change by a rebase, and is no longer what would be merged. */
const saying = (from: string, to: string, base: string): string =>
  `Rebased onto ${base}: ${from} is now ${to}. The evidence above is that of ${from}; checks and review have not seen ${to}.`;

async function tell(
  ports: Ports,
  human: Human,
  { view, pullRequest, branch, base }: Candidate,
  to: string,
): Promise<void> {
  const { task, title, body, draft, head: from } = pullRequest;
  await ports.forge.ensurePullRequest({ task, title, body, branch, base: pullRequest.base, head: to, draft });
  await ports.forge.ensureComment(pullRequest.number, `rebased/${to}`, saying(from, to, base), human.by);
  const scope = { run: human.run, task: view.id, episode: view.episode };
  await record(ports, scope, `${view.id}/${view.episode}/rebased/${to}`, {
    name: "branch.rebased",
    data: { branch, from, to, base },
  });
}
