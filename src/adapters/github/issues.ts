import type { Octokit } from "@octokit/rest";
import { displayLine } from "../../domain/display.ts";
import type { BacklogItem } from "../../domain/backlog-item.ts";
import type { Backlog } from "../../ports/backlog.ts";
import type { GitHub } from "./client.ts";
import { orNone } from "./errors.ts";
import { openPeople } from "./people.ts";
import { visible } from "./text.ts";
import { STATES } from "./board.ts";

type Listed = Awaited<ReturnType<Octokit["rest"]["issues"]["listForRepo"]>>["data"][number];

export interface IssuesOptions {
  readonly github: GitHub;
  /** Whoever puts it on an issue gives it to us. */
  readonly label: string;
  readonly warn: (text: string) => void;
}

/**
 * Open issues with our label, or with one of those that take its place while we are at it, as items: their number is the
 * id, sub-issues are sub-tasks, `blocked by` is `after`. Only of people who may write here: what a stranger wrote is not
 * read to an agent, whoever labelled it.
 */
export function openIssues({ github, label, warn }: IssuesOptions): Backlog {
  const { rest, all, slug } = github;
  const people = openPeople(github);
  const told = new Set<string>();
  const tellOnce = (text: string): void => {
    if (!told.has(text)) warn(text);
    told.add(text);
  };

  /** Relations may lead to other repositories, where our numbers mean something else. */
  const isHere = ({ html_url }: Pick<Listed, "html_url">): boolean =>
    html_url.toLowerCase().includes(`/${slug.owner}/${slug.repo}/issues/`.toLowerCase());

  const isTrusted = async ({ number, user }: Listed): Promise<boolean> => {
    if (await people.mayWrite(user?.login ?? "")) return true;
    tellOnce(
      `issue #${number} is left out: ${displayLine(user?.login ?? "nobody", 40)}, who wrote it, may not write here`,
    );
    return false;
  };

  const fetchChildren = async ({ number, sub_issues_summary }: Listed): Promise<readonly Listed[]> => {
    if (sub_issues_summary !== undefined && sub_issues_summary.total === 0) return [];
    const found = await ifKnown(all(rest.issues.listSubIssues, { ...slug, issue_number: number, per_page: 100 }));
    return found.filter(isHere);
  };

  const fetchBlockers = async ({ number, issue_dependencies_summary }: Listed): Promise<readonly Listed[]> => {
    if (issue_dependencies_summary !== undefined && issue_dependencies_summary.total_blocked_by === 0) return [];
    const query = { ...slug, issue_number: number, per_page: 100 };
    const found = await ifKnown(all(rest.issues.listDependenciesBlockedBy, query));
    return [...found].sort((a, b) => a.number - b.number);
  };

  const gather = async (issues: readonly Listed[], seen: Set<number>): Promise<readonly Node[]> => {
    const nodes: Node[] = [];
    for (const issue of [...issues].sort((a, b) => a.number - b.number)) {
      if (seen.has(issue.number) || issue.state !== "open" || !(await isTrusted(issue))) continue;
      seen.add(issue.number);
      const blockers = (await fetchBlockers(issue)).filter(({ state }) => state === "open");
      nodes.push({ issue, blockers, children: await gather(await fetchChildren(issue), seen) });
    }
    return nodes;
  };

  /** What waits for an issue that is not ours to do would never be free: it is left out, and said. */
  const isFree = ({ issue, blockers }: Node, known: ReadonlySet<number>): boolean => {
    const foreign = blockers.filter((one) => !isHere(one) || !known.has(one.number));
    const names = foreign.map(
      ({ html_url, number }) => `${isHere({ html_url }) ? "" : html_url.split("/issues/")[0]}#${number}`,
    );
    if (foreign.length > 0) tellOnce(`issue #${issue.number} is left out: it waits for ${names.join(", ")}`);
    return foreign.length === 0;
  };

  return {
    describe: `issues of ${slug.owner}/${slug.repo} with the label ${label}`,
    async readItems() {
      const wanted: Listed[] = [];
      for (const issue of await fetchWanted(github, label)) if (await isTrusted(issue)) wanted.push(issue);
      // Sub-issues come with what they are part of.
      const below = new Set((await Promise.all(wanted.map(fetchChildren))).flat().map(({ number }) => number));
      const known = new Set<number>();
      const nodes = await gather(
        wanted.filter(({ number }) => !below.has(number)),
        known,
      );
      const toItems = (all: readonly Node[]): readonly BacklogItem[] =>
        all.filter((node) => isFree(node, known)).map((node) => toItem(node, toItems(node.children)));
      return toItems(nodes);
    },
  };
}

/** Open ones with the label, or with one of those that take its place while we are at it. */
export async function fetchWanted({ rest, all, slug }: GitHub, label: string): Promise<readonly Listed[]> {
  const labels = [...new Set([label, ...STATES])];
  const query = { ...slug, state: "open", per_page: 100 } as const;
  const lists = await Promise.all(labels.map((one) => all(rest.issues.listForRepo, { ...query, labels: one })));
  const found = new Map(lists.flat().map((issue) => [issue.number, issue]));
  return [...found.values()].filter((issue) => issue.pull_request === undefined);
}

export const labelsOf = ({ labels }: Pick<Listed, "labels">): readonly string[] =>
  labels.map((one) => (typeof one === "string" ? one : (one.name ?? "")));

interface Node {
  readonly issue: Listed;
  readonly blockers: readonly Listed[];
  readonly children: readonly Node[];
}

/** Old servers know neither sub-issues nor dependencies. */
const ifKnown = async (asked: Promise<readonly unknown[]>): Promise<readonly Listed[]> =>
  ((await orNone(asked)) ?? []) as readonly Listed[];

function toItem({ issue, blockers }: Node, children: readonly BacklogItem[]): BacklogItem {
  const labels = labelsOf(issue);
  const priorities = labels.flatMap((name) => /^(?:priority:|p)(\d)$/i.exec(name)?.[1] ?? []);
  return {
    id: String(issue.number),
    title: displayLine(issue.title, 200),
    body: visible(issue.body ?? "").trim(),
    done: false,
    after: blockers.map(({ number }) => String(number)),
    estimateSeconds: null,
    files: [],
    kind: labels.flatMap((name) => KINDS[name.toLowerCase()] ?? []).at(0) ?? null,
    skills: labels.flatMap((name) => /^skill:(.+)$/.exec(name)?.[1] ?? []),
    value: null,
    priority: priorities.map(Number).at(0) ?? null,
    children,
    at: { file: `issue #${issue.number}`, line: 1 },
  };
}

const KINDS: Readonly<Record<string, string>> = { bug: "fix", enhancement: "feature", documentation: "docs" };
