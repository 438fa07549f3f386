import { DispatchError } from "../domain/errors.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { Due } from "./due.ts";
import { isLostTurn, isOurs, isOursThere } from "./ours.ts";
import { record, type Ports, type Scope } from "./ports.ts";

/**
 * A branch with a pull request to which somebody else committed, here or on origin, is theirs: no agent works on top
 * of it (`branch_moved`). A `retry` adopts it, and what comes then stands on their work.
 */
export async function requireOurBranch(
  ports: Ports,
  scope: Scope,
  { id, branch, pr }: Pick<TaskView, "id" | "branch" | "pr">,
  due: Due,
): Promise<void> {
  if (branch === null || pr === null || due.kind !== "begin") return;
  const [here, there] = [await ports.repository.readBranch(branch), await ports.repository.fetchPublished(branch)];
  const isAsked = due.why === "retried";
  for (const head of [here, there])
    if (head !== null && !isAsked && !(await isOursAt(ports, id, head, there)))
      throw theirs(id, branch, head === here ? "committed" : "pushed", head);
  if (!isAsked || there === null || here === there || (await isOurs(ports, id, there))) return;
  if (here !== null && !(await ports.repository.isAncestor(here, there))) throw apart(id, branch, there);
  await ports.repository.moveBranch(branch, there, here);
  await record(ports, scope, `${id}/adopted/${there}`, { name: "branch.pushed", data: { branch, commit: there } });
}

async function isOursAt(ports: Ports, id: string, head: string, there: string | null): Promise<boolean> {
  if (head === there) return await isOursThere(ports, id, head);
  return (await isOurs(ports, id, head)) || (await isLostTurn(ports, id, head));
}

function theirs(id: string, branch: string, did: "committed" | "pushed", head: string): DispatchError {
  return new DispatchError({
    code: "branch_moved",
    message: `somebody ${did} ${head.slice(0, 7)} to ${branch}, and no agent works on top of that unasked`,
    hint: `dispatch retry ${id} goes on from there`,
  });
}

function apart(id: string, branch: string, head: string): DispatchError {
  return new DispatchError({
    code: "branch_moved",
    message: `somebody pushed ${head.slice(0, 7)} to ${branch} on origin, which is not what stands here; neither is given up`,
    hint: `take what you need from it, remove it there (git push origin --delete ${branch}), then: dispatch retry ${id}`,
  });
}
