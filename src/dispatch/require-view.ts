import { branchName } from "../domain/branch-name.ts";
import { DispatchError } from "../domain/errors.ts";
import { blockedOn, foldTask, foldTasks, type TaskView } from "../domain/task-view.ts";
import { breakDown, type BrokenDown, didYouMean } from "./break-down.ts";
import { record, type Ports } from "./ports.ts";
import { recall } from "./reconcile.ts";

/**
 * A task that a human names. With the database lost, or opened from another clone, it is known by its pull request.
 * Code `unknown_task`.
 */
export async function requireView(ports: Ports, run: string, id: string): Promise<TaskView> {
  const view = await readView(ports, run, id);
  if (view !== null) return view;
  const views = foldTasks(await ports.journal.read());
  const itsNumber = [...views.values()].find(({ pr }) => pr !== null && `${pr}` === id.replace(/^#/, ""));
  const isMeant = itsNumber === undefined ? "" : `#${itsNumber.pr} is ${itsNumber.id}; else: `;
  const work = await readWork(ports);
  const task = work?.tasks.find((one) => one.id === id);
  if (work === null || task === undefined)
    throw new DispatchError({
      code: "unknown_task",
      message: `no task ${id} was ever run here`,
      hint: `${isMeant || didYouMean(id, [...views.keys()])}dispatch status`,
    });
  const on = blockedOn(task, work.views, work.done);
  throw new DispatchError({
    code: "unknown_task",
    message: `${id} is in the backlog and has not been started${on === null ? "" : `: it waits for ${on}`}`,
    hint: `${isMeant}${on === null ? `dispatch run ${id}` : "dispatch status"}`,
  });
}

/** null where the backlog cannot be read: what is wrong with it is told by the commands that need it. */
async function readWork(ports: Ports): Promise<BrokenDown | null> {
  try {
    return await breakDown(ports, (await ports.repository.fetchBase()).commit);
  } catch (error) {
    if (error instanceof DispatchError) return null;
    throw error;
  }
}

/** One that no run has taken up yet is in the backlog alone: the journal learns its name, and what is said of it. */
export async function ensureView(ports: Ports, run: string, id: string): Promise<TaskView> {
  const view = await readView(ports, run, id);
  if (view !== null) return view;
  const base = await ports.repository.fetchBase();
  const task = (await breakDown(ports, base.commit)).tasks.find((one) => one.id === id);
  if (task === undefined) return await requireView(ports, run, id);
  const { title, kind, textHash } = task;
  await record(ports, { run, task: id, episode: 0 }, `${id}/0/queued`, {
    name: "task.queued",
    data: { title, branch: branchName(id, title), textHash, kind },
  });
  return await requireView(ports, run, id);
}

async function readView(ports: Ports, run: string, id: string): Promise<TaskView | null> {
  const facts = await ports.journal.read({ task: id });
  return facts.length > 0 ? foldTask(facts) : await recall(ports, run, id);
}
