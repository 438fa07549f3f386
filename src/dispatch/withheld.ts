import { formatPullRequest, pullRequestTitle } from "../domain/pull-request-text.ts";
import { formatReason, parseReason, type ReasonCode } from "../domain/retry.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import { bareTask } from "../domain/task.ts";
import { breakDown } from "./break-down.ts";
import type { Human } from "./gate.ts";
import { findSecrets } from "./inspect.ts";
import { record, type Ports, type Scope } from "./ports.ts";

const WITHHELD: ReadonlySet<ReasonCode> = new Set(["policy", "secret"]);

export interface Withheld {
  readonly code: ReasonCode;
  /** Saved, and on no branch. */
  readonly commit: string;
}

/** The work that a rule keeps from being published; null when there is none. */
export async function readWithheld(ports: Ports, id: string): Promise<Withheld | null> {
  const facts = await ports.journal.read({ task: id });
  const { state, reason, episode } = foldTask(facts);
  const code = reason === null ? undefined : parseReason(reason)?.code;
  if (state.name !== "needs-human" || code === undefined || !WITHHELD.has(code)) return null;
  // What no commit of ours may hold was never looked through, and what an earlier start left is something else.
  const looked = facts.flatMap((fact) =>
    fact.name === "change.inspected" && fact.episode === episode ? fact.data : [],
  );
  const held = looked.findLast((one) => one.reason !== null);
  return held?.reason === reason ? { code, commit: held.commit } : null;
}

/**
 * Publishes what was withheld for this reason (docs/contract.md §9.21): the human read it, and answers for it. Does
 * nothing for a task of which nothing is withheld. No agent looks at it; the pull request says so.
 */
export async function publishWithheld(
  ports: Ports,
  human: Human,
  id: string,
  { allow, fence, policy }: { readonly allow: string; readonly fence: string; readonly policy: string },
): Promise<void> {
  const withheld = await readWithheld(ports, id);
  const view = foldTask(await ports.journal.read({ task: id }));
  const { branch } = view;
  if (withheld === null || withheld.code !== allow || branch === null) return;
  const { commit } = withheld;
  const scope = { run: human.run, task: id, episode: view.episode };
  if (allow !== "secret" && (await holdsSecret(ports, scope, { commit, policy }))) return;
  const now = await ports.repository.readBranch(branch);
  if (now !== commit) await ports.repository.moveBranch(branch, commit, now);
  const key = `${id}/${view.episode}/allowed/${commit}`;
  await record(ports, scope, key, { name: "change.allowed", data: { commit, code: allow, by: human.by } });
  const published = await ports.repository.fetchPublished(branch);
  if (published !== commit) await ports.repository.publish(branch, commit, published);
  const number = await openPullRequest(ports, human, view, { branch, commit, fence, policy });
  await record(ports, scope, `${key}/pushed`, { name: "branch.pushed", data: { branch, commit } });
  await record(ports, scope, `${key}/pr`, { name: "pr.opened", data: { number, head: commit } });
}

/** Whoever allows a path did not allow that: it needs a word of its own. */
async function holdsSecret(
  ports: Ports,
  scope: Scope & { readonly task: string },
  { commit, policy }: { readonly commit: string; readonly policy: string },
): Promise<boolean> {
  const base = await ports.repository.fetchBase();
  const from = (await ports.repository.mergeBase(base.commit, commit)) ?? base.commit;
  const changes = await ports.repository.readChanges(from, commit);
  const leak = await findSecrets(ports, { from, to: commit }, changes, []);
  if (leak === null) return false;
  const key = `${scope.task}/${scope.episode}/withheld/${commit}`;
  const reason = formatReason("secret", ports.secrets.mask(leak));
  const data = { commit, policy, reason };
  await record(ports, scope, `${key}/inspected`, { name: "change.inspected", data });
  await record(ports, scope, key, { name: "task.needs-human", data: { reason } });
  return true;
}

async function openPullRequest(
  ports: Ports,
  { by }: Human,
  view: TaskView,
  { branch, commit, fence, policy }: Record<"branch" | "commit" | "fence" | "policy", string>,
): Promise<number> {
  const base = await ports.repository.fetchBase();
  const fork = (await ports.repository.mergeBase(base.commit, commit)) ?? base.commit;
  const { id, title, kind, textHash } = view;
  const listed = (await breakDown(ports, base.commit)).tasks.find((one) => one.id === id);
  // The item may be no longer in the backlog: what the journal knows of it.
  const task = listed ?? bareTask({ id, title, kind, body: "", textHash: textHash ?? "" });
  const body = formatPullRequest({
    task,
    summary: "",
    base,
    head: commit,
    branch,
    checks: { base: null, head: null, withoutChange: null },
    newTestsFail: "not run",
    changes: await ports.repository.readChanges(fork, commit),
    rounds: [],
    agents: view.agents,
    attempts: view.attempts,
    costUsd: view.costUsd,
    capUsd: view.capUsd,
    seconds: view.seconds,
    fence,
    policy,
    journal: await ports.journal.mark(),
    open: `${view.reason ?? formatReason("policy", "withheld")}; published on the word of ${by}`,
  });
  const draft = { task: view.id, branch, base: base.branch, head: commit, draft: false };
  const { number } = await ports.forge.ensurePullRequest({ ...draft, title: pullRequestTitle(task), body });
  return number;
}
