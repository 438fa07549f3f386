import type { Fact } from "../domain/fact.ts";
import type { Ports } from "./ports.ts";

/** A commit that we made: the journal knows every snapshot, push and rebase before it leaves. */
export async function isOurs(ports: Ports, task: string, commit: string): Promise<boolean> {
  const names = [
    "snapshot.taken",
    "rebase.intended",
    "suggestions.intended",
    "branch.pushed",
    "branch.rebased",
    "change.allowed",
    "task.adopted",
  ] as const;
  const facts = await ports.journal.read({ task, names });
  return facts.some(({ data }) => ("commit" in data && data.commit === commit) || ("to" in data && data.to === commit));
}

/**
 * The same of a commit that origin has on the task's branch. A journal that was lost does not know it, but it says who
 * committed it, and for what. Only of what is on origin: here any agent without a fence could have written that.
 */
export async function isOursThere(ports: Ports, task: string, published: string): Promise<boolean> {
  return (await isOurs(ports, task, published)) || (await saysOurs(ports, task, published));
}

/** It names us as its committer, and the task. */
async function saysOurs({ repository }: Ports, task: string, commit: string): Promise<boolean> {
  const own = await repository.readOwnTask(commit);
  return own?.toLowerCase() === task.toLowerCase();
}

/** Somebody else's commit is in what this head adds to the base: it is its tip, or was adopted on the way. */
export async function holdsTheirs(ports: Ports, task: string, head: string, base: string): Promise<boolean> {
  if (!(await saysOurs(ports, task, head))) return true;
  for (const { key, data } of await ports.journal.read({ task, names: ["branch.pushed"] })) {
    if (!("commit" in data) || key !== `${task}/adopted/${data.commit}`) continue;
    const isIn = await ports.repository.isAncestor(data.commit, head);
    if (isIn && !(await ports.repository.isAncestor(data.commit, base)) && !(await saysOurs(ports, task, data.commit)))
      return true;
  }
  return false;
}

/**
 * A coder's finished turn of which a lost journal knew: what is known of the task was found on the forge, and it was not.
 * It stands here alone, so an agent without a fence could have written it; what that gains is to be taken for a coder's
 * turn, which is judged before it leaves like any other.
 */
export async function isLostTurn(ports: Ports, task: string, head: string): Promise<boolean> {
  const found = await ports.journal.read({ task, names: ["task.adopted"] });
  return found.length > 0 && !(await isOurs(ports, task, head)) && (await saysOurs(ports, task, head));
}

/** Where origin has the branch, as far as the journal knows. */
export function lastPushed(facts: readonly Fact[], branch: string): string | null {
  const last = facts.findLast((fact) => "branch" in fact.data && fact.data.branch === branch);
  if (last?.name === "branch.pushed") return last.data.commit;
  return last?.name === "branch.rebased" ? last.data.to : null;
}
