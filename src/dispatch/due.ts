import type { Stage } from "../domain/fact.ts";
import type { Task } from "../domain/task.ts";
import type { TaskState } from "../domain/task-state.ts";
import type { TaskView } from "../domain/task-view.ts";

/** What a run owes a task. */
export type Due =
  | { readonly kind: "begin"; readonly from: Stage; readonly why: string }
  | { readonly kind: "resume" }
  | { readonly kind: "rest" };

const REST: Due = { kind: "rest" };

/**
 * Ended tasks are taken up again by a retry, a human's word or a changed text only (docs/contract.md §9.7);
 * what waits for a human waits; everything else goes on where it stood.
 */
export function dueOf(task: Task, view: TaskView | undefined): Due {
  if (view === undefined) return { kind: "begin", from: "code", why: "new in the backlog" };
  const due = dueByState(view.state);
  // Nobody knows the text that an adopted task was begun with.
  const changed = view.textHash !== "" && view.textHash !== task.textHash;
  if (due.kind === "rest" && changed && mayBeginAnew(view.state))
    return { kind: "begin", from: "code", why: "the text of the item changed" };
  return due;
}

function dueByState(state: TaskState): Due {
  switch (state.name) {
    case "queued":
      // The checks come first, and they need no coder.
      if (state.why === "unchecked") return REST;
      return { kind: "begin", from: state.from, why: state.why };
    case "blocked":
    case "coding":
    case "testing":
    case "reviewing":
    case "fixing":
    case "publishing":
      return { kind: "resume" };
    case "ready-for-human":
    case "needs-human":
    case "approved":
    case "merged":
    case "closed":
    case "failed":
    case "cancelled":
    case "parked":
      return REST;
  }
}

function mayBeginAnew(state: TaskState): boolean {
  return ["failed", "needs-human", "closed", "cancelled", "parked"].includes(state.name);
}
