import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fact } from "../../src/domain/fact.ts";

export interface Judged {
  readonly tasks: number;
  readonly facts: readonly Fact[];
  readonly origin: string;
  readonly folder: string;
  /** So many claims and commits in hand-over may be there still; none by default. */
  readonly mayStay?: number;
}

/** Every task once: one branch, one pull request, one end; no step that ended was begun again. */
export async function judge({
  tasks,
  facts,
  origin,
  folder,
  mayStay = 0,
}: Judged): Promise<{ readonly problems: string[]; readonly figures: readonly string[] }> {
  const problems: string[] = [];
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) problems.push(`${what}: ${found}, not ${wanted}`);
  };
  const refs = execFileSync("git", ["for-each-ref", "--format=%(refname)"], { cwd: origin, encoding: "utf8" })
    .split("\n")
    .filter((ref) => ref !== "");
  const below = (prefix: string): readonly string[] => refs.filter((ref) => ref.startsWith(prefix));
  expect("task branches on origin", below("refs/heads/dispatch/").length, tasks);
  expect("pull requests on origin", below("refs/dispatch/pr/").length, tasks);
  const left = (what: string): number => Math.max(0, below(`refs/dispatch/${what}/`).length - mayStay);
  expect("claims left on origin", left("claims"), 0);
  expect("commits left in hand-over", left("handover"), 0);
  const named = (name: Fact["name"]): readonly Fact[] => facts.filter((fact) => fact.name === name);
  expect("tasks that are ready", new Set(named("task.ready").map(({ task }) => task)).size, tasks);
  expect("ends of tasks", named("task.ready").length, tasks);
  expect("pull requests in the journal", named("pr.opened").length, tasks);
  expect("pushes", named("branch.pushed").length, tasks);
  expect("tasks that failed", named("task.failed").length, 0);
  // Every start either ended or was interrupted by a lost host; an ended one is never begun again.
  const starts = named("assignment.started").length;
  const ends = named("assignment.ended").length;
  const interrupted = named("assignment.interrupted").length;
  // What ended in the instant before its host was lost, unrecorded, is done again: never more than were under way.
  const again = ends - tasks * 2;
  if (again < 0 || again > interrupted) problems.push(`${ends} runs of agents ended, for ${tasks * 2}`);
  expect("starts beside first ends and interruptions", starts - tasks * 2 - interrupted, 0);
  const real = (await readFile(join(folder, "starts"), "utf8")).trim().split("\n").length;
  if (real > starts) problems.push(`agents started ${real} times, and only ${starts} starts were booked`);
  const figures = [
    `agents: ${starts} starts, ${interrupted} interrupted by a lost host, ${again} of them after their end`,
  ];
  return { problems, figures };
}
