import type { Fact } from "../domain/fact.ts";
import type { Ports } from "./ports.ts";

/** A commit that we made: the journal knows every snapshot, push and rebase before it leaves. */
export async function isOurs(ports: Ports, task: string, commit: string): Promise<boolean> {
  const names = [
    "snapshot.taken",
    "rebase.intended",
    "branch.pushed",
    "branch.rebased",
    "change.allowed",
    "task.adopted",
  ] as const;
  const facts = await ports.journal.read({ task, names });
  return facts.some(({ data }) => ("commit" in data && data.commit === commit) || ("to" in data && data.to === commit));
}

/** Where origin has the branch, as far as the journal knows. */
export function lastPushed(facts: readonly Fact[], branch: string): string | null {
  const last = facts.findLast((fact) => "branch" in fact.data && fact.data.branch === branch);
  if (last?.name === "branch.pushed") return last.data.commit;
  return last?.name === "branch.rebased" ? last.data.to : null;
}
