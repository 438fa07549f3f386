import { display } from "../../domain/display.ts";
import { formatSeconds, formatUsd } from "../../domain/duration.ts";
import type { TaskResult } from "../../dispatch/report.ts";
import { count } from "./fact-line.ts";
import { table } from "./table.ts";

/** A row per task, a sentence of counts below; what a person can do next stands at the end of each row. */
export function statusText(tasks: readonly TaskResult[]): readonly string[] {
  if (tasks.length === 0) return ["no open item in the backlog"];
  const head = ["TASK", "STATE", "PR", "ROUNDS", "TIME", "COST", "NOW"];
  const rows = tasks.map((task) => [
    task.id,
    task.state,
    task.pr === null ? "-" : `#${task.pr}`,
    String(task.rounds),
    task.seconds === 0 ? "-" : formatSeconds(task.seconds),
    task.costUsd === null ? "-" : formatUsd(task.costUsd),
    display(now(task)),
  ]);
  return [...table(rows, { head, right: [3, 4, 5] }), summary(tasks)];
}

/** Why a task failed is a row's most important word. */
function now({ state, reason, waitingFor, title }: TaskResult): string {
  return `${state === "failed" && reason !== null ? `${reason}; ` : ""}${waitingFor ?? title}`;
}

/** `12 tasks: 2 coding, 3 ready-for-human`. */
function summary(tasks: readonly Pick<TaskResult, "state">[]): string {
  const counts = new Map<string, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return `${count(tasks.length, "task")}: ${[...counts].map(([state, n]) => `${n} ${state}`).join(", ")}`;
}
