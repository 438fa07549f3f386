import type { RunResult, TaskResult } from "../../dispatch/report.ts";
import { display, displayLine } from "../../domain/display.ts";
import { formatSeconds } from "../../domain/duration.ts";
import type { Fact } from "../../domain/fact.ts";
import { count } from "../output/fact-line.ts";
import type { Screen } from "../output/screen.ts";
import { table } from "../output/table.ts";
import { width } from "../output/width.ts";
import { stepsTaken } from "./steps-taken.ts";

export interface DemoStory {
  readonly result: RunResult;
  readonly facts: readonly Fact[];
  /** Ids of tasks that joined the lane of another. */
  readonly inlined: readonly string[];
  /** What to type next, each with what it does. */
  readonly next: readonly (readonly [command: string, what: string])[];
}

const TITLE_MIN = 16;

/** The answer of `demo`: the rule, a row per task, what it saved, and where to go from here. */
export function demoSummary({ result, facts, inlined, next }: DemoStory, screen: Screen): readonly string[] {
  const { bold, dim } = screen.paint;
  return [
    `fan-out  ${result.fanOut.why}`,
    ...(inlined.length === 0 ? [] : [`inlined  ${inlined.join(", ")}: too small for a lane of its own`]),
    "",
    ...taskRows(result.tasks, facts, screen),
    "",
    bold(outcome(result)),
    `${formatSeconds(result.wallSeconds)} in all; one agent after the other would have worked ${formatSeconds(oneByOne(result.tasks))}`,
    "",
    ...table(next.map(([command, what], nth) => [nth === 0 ? "next" : "", bold(command), dim(what)])),
  ];
}

function taskRows(tasks: readonly TaskResult[], facts: readonly Fact[], screen: Screen): readonly string[] {
  const rows = tasks.map((task) => {
    const ready = task.state === "ready-for-human";
    const mark = ready ? screen.paint.good(screen.marks.done) : screen.paint.bad(screen.marks.failed);
    const steps = ready
      ? stepsTaken(task.id, facts)
      : displayLine(`${task.state}: ${task.reason ?? "see its log"}`, 60);
    return [`${mark} ${task.id}`, steps, task.pr === null ? "-" : `#${task.pr}`];
  });
  const lines = table(rows);
  const used = Math.max(...lines.map(width));
  const room = Math.max(TITLE_MIN, screen.columns - used - 2);
  return lines.map((line, nth) => {
    const title = shorten(display(tasks[nth]?.title ?? ""), room);
    return `${line}${" ".repeat(used - width(line))}  ${screen.paint.dim(title)}`;
  });
}

/** With dots that every terminal has. */
const shorten = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, room - 2).replace(/[\s.]+$/, "")}..`;

function outcome({ tasks }: RunResult): string {
  const ready = tasks.filter((task) => task.state === "ready-for-human").length;
  const pulls = new Set(tasks.flatMap((task) => (task.pr === null ? [] : [task.pr]))).size;
  const rest = tasks.length - ready;
  return `${count(tasks.length, "task")}, ${count(pulls, "pull request")} ${rest === 0 ? "ready for you" : `(${rest} not ready)`}`;
}

/** What was measured: the seconds of every agent that ran, crashed ones too. */
const oneByOne = (tasks: readonly TaskResult[]): number => tasks.reduce((sum, task) => sum + task.seconds, 0);
