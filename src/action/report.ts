import type { RunResult } from "../dispatch/report.ts";
import { displayLine } from "../domain/display.ts";
import { formatSeconds, formatUsd } from "../domain/duration.ts";
import type { Fact } from "../domain/fact.ts";
import { inline } from "../domain/neutralise.ts";
import { foldTasks } from "../domain/task-view.ts";
import type { Finding } from "../domain/verdict.ts";
import type { Left } from "../ports/hub.ts";
import { isNotYet } from "./outbox.ts";
import type { Runner } from "./runner.ts";
import type { Shown } from "./schema.ts";

export interface Report {
  readonly run: string;
  readonly tasks: readonly Shown[];
  readonly costUsd: number | null;
  /** Blocking ones that are open. */
  readonly findings: readonly Finding[];
}

export function reportOf(result: RunResult, facts: readonly Fact[]): Report {
  const worked = new Set(facts.filter(({ name }) => name === "assignment.started").map(({ task }) => task));
  const views = foldTasks(facts);
  const last = [...views.values()].filter(({ id }) => worked.has(id)).map((view) => view.verdicts.at(-1));
  const open = last.flatMap((said) => (said?.decision === "request_changes" ? said.findings : []));
  return {
    run: result.run,
    tasks: result.tasks.map(({ id, title, state, pr, rounds, attempts, costUsd, seconds, reason }) => ({
      ...{ id, title: displayLine(title), state, pr, rounds, costUsd, seconds, reason },
      ...{ attempts, humanRounds: views.get(id)?.humanRounds ?? 0 },
    })),
    costUsd: result.costUsd,
    findings: open.filter(({ severity }) => severity === "blocker" || severity === "major"),
  };
}

/** What the rest of the workflow reads, and people on its page. */
export function tell(runner: Runner, report: Report, links: Links): void {
  const { tasks, findings } = report;
  const rows = tasks.filter(({ state }) => !["queued", "blocked", "planned"].includes(state));
  const pulls = rows.flatMap(({ id, state, pr }) =>
    pr === null || isNotYet(pr) ? [] : [{ task: id, number: pr, state, url: links.url(pr) }],
  );
  const states = new Set(rows.map(({ state }) => state));
  const isOpen = states.has("needs-human") || states.has("failed") || findings.length > 0;
  runner.output({
    "pull-requests": JSON.stringify(pulls),
    verdict: rows.length === 0 ? "none" : isOpen ? "request_changes" : "approve",
    "findings-count": String(findings.length),
    round: String(Math.max(0, ...rows.map(({ rounds }) => rounds))),
    "cost-usd": report.costUsd === null ? "" : String(report.costUsd),
    "run-id": report.run,
  });
  for (const { message, path, line } of findings) runner.error(displayLine(message, 500), { path, line });
  runner.summary(table(report, links));
}

export interface Links {
  url(number: number): string;
}

function table({ run, tasks, costUsd, findings }: Report, { url }: Links): string {
  const row = ({ id, title, state, pr, rounds, costUsd: cost, seconds, reason }: Shown): string => {
    const where = pr === null ? "" : isNotYet(pr) ? "comes" : `[#${pr}](${url(pr)})`;
    const why = reason === null ? "" : inline(reason, 300);
    return `| ${inline(`${id}: ${title}`, 120)} | ${state} | ${where} | ${rounds} | ${formatUsd(cost)} | ${formatSeconds(seconds)} | ${why} |`;
  };
  const head = [
    "| task | state | pull request | rounds | cost | time | why |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  const open = findings.map(
    ({ severity, path, line, message }) =>
      `- **${severity}** ${inline(`${path ?? ""}${line === null ? "" : `:${line}`}`, 200)} ${inline(message, 500)}`,
  );
  return [
    "## dispatch",
    tasks.length === 0 ? "Nothing to do." : [...head, ...tasks.map(row)].join("\n"),
    `Run ${run}${costUsd === null ? "" : `, ${formatUsd(costUsd)}`}`,
    ...(open.length === 0 ? [] : [`<details><summary>Open findings</summary>\n\n${open.join("\n")}\n\n</details>`]),
  ].join("\n\n");
}

export interface LeftBehind {
  readonly task: string;
  readonly pr: number | null;
  readonly left: Left;
}

/** What cost something and is told by no text of a pull request: the next run knows nothing else. */
export function leftOf({ tasks }: Pick<RunResult, "tasks">, facts: readonly Fact[], at: string): readonly LeftBehind[] {
  const views = foldTasks(facts);
  return tasks.flatMap(({ id, state, pr, attempts, costUsd, seconds, reason, wakeAt }) => {
    const own = facts.filter(({ task }) => task === id);
    const worked = own.findLastIndex(({ name }) => name === "assignment.started");
    const isTold = worked <= own.findLastIndex(({ name }) => name === "pr.opened") && !isEnough(own);
    const rests = state === "parked" && (wakeAt !== null || reason?.startsWith("budget:") === true);
    if (isTold || !(rests || state === "failed" || state === "needs-human")) return [];
    if (pr === null && !/^\d+$/.test(id)) return [];
    const { humanRounds = 0 } = views.get(id) ?? {};
    const told = { reason: reason ?? state, attempts, costUsd, seconds, at, humanRounds };
    return [{ task: id, pr, left: { ...told, wakeAt: rests ? (wakeAt ?? "") : null } }];
  });
}

/** People asked as often as they may, which no earlier run said. */
function isEnough(own: readonly Fact[]): boolean {
  const ends = own.filter((fact) => fact.name === "task.needs-human");
  const [found, now] = [ends.find(({ key }) => key.endsWith("/adopted/end")), ends.at(-1)];
  return ASKED.test(now?.data.reason ?? "") && !ASKED.test(found?.data.reason ?? "");
}

const ASKED = /^rounds: a human asked/;
