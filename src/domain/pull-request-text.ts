import { cut, displayLine } from "./display.ts";
import { formatSeconds, formatUsd } from "./duration.ts";
import { type CheckResult, type Evidence, type NewTestsFail, type TestsJudged, testsLine } from "./evidence.ts";
import { formatMarker, parseMarker } from "./marker.ts";
import { code, inline, neutralise, quote } from "./neutralise.ts";
import type { RoleVerdict } from "./review-round.ts";
import type { Task } from "./task.ts";
import type { Finding } from "./verdict.ts";

export type { Evidence } from "./evidence.ts";

/** GitHub refuses more than 65 536. */
const MAX_BODY = 60_000;

export function pullRequestTitle(task: Pick<Task, "id" | "title">): string {
  const title = inline(task.title, 120);
  return title === "" ? task.id : title;
}

/** What of the evidence can be read back from a body: it stands in the marker, so no wording can hide or forge it. */
export interface PullRequestFacts {
  readonly task: string;
  readonly branch: string;
  /** Commit ids. */
  readonly base: string;
  readonly head: string;
  readonly newTestsFail: NewTestsFail;
  readonly rounds: number;
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly seconds: number;
  readonly open: string | null;
  /** How often people sent it back; absent: never. */
  readonly humanRounds?: number;
  /** ISO 8601; absent in those of older versions. */
  readonly at?: string;
  /** What a human lets it cost. */
  readonly capUsd?: number;
}

export const factsOf = (evidence: Evidence): PullRequestFacts => ({
  task: evidence.task.id,
  branch: evidence.branch,
  base: evidence.base.commit,
  head: evidence.head,
  newTestsFail: evidence.newTestsFail,
  rounds: (evidence.roundsBefore ?? 0) + evidence.rounds.length,
  attempts: evidence.attempts,
  costUsd: evidence.costUsd,
  seconds: evidence.seconds,
  open: evidence.open === null ? null : neutralise(evidence.open, 500),
  ...(evidence.humanRounds === undefined ? {} : { humanRounds: evidence.humanRounds }),
  ...(evidence.at === undefined ? {} : { at: evidence.at }),
  ...(evidence.capUsd == null ? {} : { capUsd: evidence.capUsd }),
});

/** The body: what was asked, what was done, and everything that speaks for or against it. */
export function formatPullRequest(evidence: Evidence): string {
  const marker = formatMarker({ kind: "pr", ...factsOf(evidence) });
  const sections = [
    asked(evidence),
    done(evidence),
    proof(evidence),
    review(evidence),
    size(evidence),
    cost(evidence),
    reproduce(evidence),
  ];
  return `${marker}\n${cut(sections.filter((text) => text !== "").join("\n\n"), MAX_BODY - marker.length)}\n`;
}

const ANSWERS: readonly NewTestsFail[] = ["yes", "no", "no tests changed", "not run"];

/** null for a body that we did not write. */
export function parsePullRequest(body: string): PullRequestFacts | null {
  const marker = parseMarker(body);
  if (marker?.kind !== "pr") return null;
  const { task, branch, base, head, rounds, attempts, costUsd, seconds, open, humanRounds, at, capUsd } = marker;
  const newTestsFail = ANSWERS.find((answer) => answer === marker["newTestsFail"]);
  if (typeof branch !== "string" || typeof base !== "string" || typeof head !== "string") return null;
  if (typeof rounds !== "number" || typeof attempts !== "number" || typeof seconds !== "number") return null;
  if (typeof costUsd !== "number" && costUsd !== null) return null;
  if ((typeof open !== "string" && open !== null) || newTestsFail === undefined) return null;
  return {
    ...{ task, branch, base, head, newTestsFail, rounds, attempts, costUsd, seconds, open },
    ...(typeof humanRounds === "number" ? { humanRounds } : {}),
    ...(typeof at === "string" ? { at } : {}),
    ...(typeof capUsd === "number" && capUsd > 0 ? { capUsd } : {}),
  };
}

/** The same body, and from now on it tells what a human lets the task cost; one that is not ours stays as it is. */
export function withCap(body: string, capUsd: number): string {
  const marker = parsePullRequest(body) === null ? null : parseMarker(body);
  return marker === null ? body : body.replace(/^.*/, () => formatMarker({ ...marker, capUsd }));
}

const short = (commit: string): string => code(commit.slice(0, 12), 12);

function asked({ task, open }: Evidence): string {
  const warning = open === null ? [] : [`**Not agreed:** ${inline(open, 500)}`];
  const part = task.context.map((text) => `Part of: ${inline(text.replace(/\n[\s\S]*/, ""), 200)}`);
  const body = task.body.trim() === "" ? [] : [quote(task.body, 6000)];
  return [...warning, `**${inline(task.id, 64)}: ${inline(task.title, 200)}**`, ...part, ...body].join("\n\n");
}

function done({ summary }: Evidence): string {
  return summary.trim() === "" ? "" : `## In the coder's words\n\n${quote(summary, 8000)}`;
}

function proof({ checks, newTestsFail, tests = [], base, head }: Evidence): string {
  const rows = [
    row(`base, ${inline(base.branch, 100)}`, short(base.commit), checks.base),
    row("base with only the new tests", short(base.commit), checks.withoutChange),
    row("this change", short(head), checks.head),
  ];
  const command = checks.head?.command ?? checks.base?.command;
  return [
    "## Evidence",
    ...(command === undefined ? [] : [`Checks: ${code(command, 300)}`]),
    ["| checks on | commit | result | time |", "| --- | --- | --- | --- |", ...rows].join("\n"),
    `**new tests fail without the change: ${newTestsFail}**`,
    ...(tests.length === 0 ? [] : [tests.slice(-10).map(judgedLine).join("\n")]),
  ].join("\n\n");
}

const judgedLine = (judged: TestsJudged): string => `- round ${judged.round}: ${inline(testsLine(judged), 500)}`;

function row(what: string, commit: string, check: CheckResult | null): string {
  const failed = check !== null && check.exitCode !== 0;
  const result = failed ? `failed (exit ${check.exitCode})` : "passed";
  return `| ${what} | ${commit} | ${check === null ? "not run" : result} | ${check === null ? "" : formatSeconds(check.seconds)} |`;
}

function review({ rounds }: Evidence): string {
  const last = rounds.length - 1;
  const lines = rounds.flatMap(({ verdicts, cutShort }, index) => [
    ...verdicts.flatMap((verdict) => [verdictLine(index + 1, verdict), ...(index === last ? [] : mended(verdict))]),
    ...(cutShort === undefined ? [] : [`- round ${index + 1} was cut short: ${inline(cutShort, 500)}`]),
  ]);
  const open = (rounds.at(-1)?.verdicts ?? []).flatMap(({ verdict }) => verdict.findings).slice(0, 50);
  const left = open.length === 0 ? [] : ["Findings left open:", open.map(findingLine).join("\n")];
  return ["## Review", lines.length === 0 ? "Nobody was asked." : lines.join("\n"), ...left].join("\n\n");
}

/** What a later round was about; what the last one left open is listed by itself. */
const mended = ({ verdict }: RoleVerdict): readonly string[] =>
  verdict.findings.slice(0, 10).map((finding) => `  ${findingLine(finding)}`);

function verdictLine(round: number, { role, agent, verdict }: RoleVerdict): string {
  const { decision, findings, summary } = verdict;
  const said = decision === "approve" ? "approves" : "asks for changes";
  const words = inline(summary, 300);
  const found = findings.length === 0 ? "" : ` (findings: ${findings.length})`;
  const who = agent === role ? role : `${role} ${inline(agent, 64)}`;
  return `- round ${round}: ${who} ${said}${found}${words === "" ? "" : `: ${words}`}`;
}

function findingLine({ severity, path, line, message }: Finding): string {
  const place = path === null ? "" : ` ${code(line === null ? path : `${path}:${line}`, 200)}`;
  return `- ${severity}${place}: ${inline(message, 500)}`;
}

const MAX_FILES = 50;

function size({ changes }: Evidence): string {
  const total = (of: "added" | "removed"): number => changes.reduce((sum, change) => sum + (change[of] ?? 0), 0);
  const shown = changes.slice(0, MAX_FILES).map(({ path, added, removed }) => {
    return `- ${code(path, 300)} ${added === null || removed === null ? "binary" : `+${added} -${removed}`}`;
  });
  const rest = changes.length > MAX_FILES ? [`- and ${changes.length - MAX_FILES} more`] : [];
  const files = changes.length === 1 ? "1 file" : `${changes.length} files`;
  return [`## Size: ${files}, +${total("added")} -${total("removed")}`, [...shown, ...rest].join("\n")].join("\n\n");
}

function cost({ agents, attempts, costUsd, seconds, fence, policy, journal, rounds }: Evidence): string {
  const who = agents.map(({ name, role, version }) => `${role} ${inline(name, 64)}/${inline(version, 64)}`).join(", ");
  return [
    "## Who, and what it took",
    [
      `- agents: ${who === "" ? "none" : who}`,
      `- rounds: ${rounds.length}, starts of the coder: ${attempts}`,
      `- cost: ${formatUsd(costUsd)}, agents' time: ${formatSeconds(seconds)}`,
      `- fence: ${inline(fence, 300)}`,
      `- policy: ${short(policy)}, and secrets: looked through before it was pushed`,
      ...(journal === null ? [] : [`- journal: ${journal.facts} facts, head ${short(journal.hash)}`]),
    ].join("\n"),
  ].join("\n\n");
}

/** Commands that a reviewer can paste. Ids and branches are ours; the command of the checks is the user's own. */
function reproduce({ base, head, branch, checks }: Evidence): string {
  const check = checks.head?.command ?? checks.base?.command;
  return [
    "## See for yourself",
    "```sh",
    `git fetch origin ${branch}   # where there is an origin`,
    `git diff ${base.commit}...${head}`,
    `git worktree add --detach ../look ${head} && cd ../look`,
    ...(check === undefined ? [] : [displayLine(check, 500)]),
    "```",
  ].join("\n");
}
