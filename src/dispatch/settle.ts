import type { TaskView } from "../domain/task-view.ts";
import type { Ports } from "./ports.ts";

/** Merged: the branch has done its duty, here and on origin. Its commits are in the base. */
export async function settle(ports: Ports, view: TaskView): Promise<void> {
  const { branch } = view;
  if (branch === null) return;
  const [here, there] = [await ports.repository.readBranch(branch), await ports.repository.fetchPublished(branch)];
  const base = await ports.repository.fetchBase();
  if (there !== null && (await ports.repository.isAncestor(there, base.commit)))
    await ports.repository.unpublish(branch, there);
  if (here !== null && (await ports.repository.isAncestor(here, base.commit)))
    await ports.repository.deleteBranch(branch, here);
}
