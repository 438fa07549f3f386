import type { RunResult, TaskResult } from "../../dispatch/report.ts";
import { display } from "../../domain/display.ts";
import { formatSeconds, formatUsd } from "../../domain/duration.ts";
import { count } from "./fact-line.ts";
import type { Screen } from "./screen.ts";
import { statusText } from "./status-text.ts";

/** The answer of `run`: the verdict on fanning out, a row per task, and the next thing to type. */
export function runSummary(result: RunResult, screen: Screen): readonly string[] {
  const cost = result.costUsd === null ? "" : `, ${formatUsd(result.costUsd)}`;
  return [
    `fan-out  ${result.fanOut.why}`,
    ...statusText(result.tasks),
    `${count(result.tasks.length, "open item")} in ${formatSeconds(result.wallSeconds)}${cost}`,
    ...kept(result.compliance),
    ...next(result.tasks).map((line) => screen.paint.bold(`next  ${line}`)),
  ];
}

/** Nothing to say where the policy was kept in everything. */
function kept({ verdict, reasons, policy }: RunResult["compliance"]): readonly string[] {
  if (verdict === "pass") return [];
  const word = verdict === "fail" ? "BROKEN" : "kept, but";
  return [`policy ${policy.slice(0, 12)}: ${word} ${display(reasons.join("; "))}`];
}

/** The first thing that only the user can do. */
function next(tasks: readonly TaskResult[]): readonly string[] {
  if (tasks.length === 0) return ["dispatch help backlog"];
  const first = (state: string): TaskResult | undefined => tasks.find((task) => task.state === state);
  const failed = first("failed");
  if (failed !== undefined) return [`dispatch logs ${failed.id}   (${display(failed.reason ?? "")})`];
  if (first("needs-human") !== undefined || first("ready-for-human") !== undefined) return ["dispatch review"];
  const approved = first("approved");
  if (approved !== undefined) return [`dispatch merge ${approved.id}`];
  const blocked = first("blocked");
  return blocked === undefined ? [] : [`${blocked.id} is blocked: ${blocked.waitingFor ?? ""}`];
}
