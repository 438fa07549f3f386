import type { Octokit } from "@octokit/rest";
import { parseBranchName } from "../../domain/branch-name.ts";
import type { PullRequest } from "../../ports/forge.ts";
import { STATES } from "./board.ts";
import type { GitHub } from "./client.ts";
import { orNone } from "./errors.ts";
import { type People } from "./people.ts";
import { fetchWords, judge } from "./reviews.ts";
import { parseBody } from "./text.ts";

type Listed = Awaited<ReturnType<Octokit["rest"]["pulls"]["list"]>>["data"][number];

/** As GitHub has it, with what only we ask for. */
export interface Raw {
  readonly nodeId: string;
  readonly author: string;
  readonly text: string;
  readonly pr: Omit<PullRequest, "review" | "reviewedHead">;
}

/** Pages of ended ones that are looked through: what is older is in the base, or nobody waits for it. */
const ENDED_PAGES = 10;

/** Pull requests of ours; everything that happened to them since the last look. */
export interface Shelf {
  fetchAll(): Promise<readonly PullRequest[]>;
  fetch(number: number): Promise<Raw | null>;
  judged(raw: Raw): Promise<PullRequest>;
}

export function openShelf(github: GitHub, people: People): Shelf {
  const { rest, slug } = github;
  const ended = new Map<number, PullRequest>();
  let seenUntil = "";
  const judged: Shelf["judged"] = async ({ author, pr }) => {
    // Who said what about one that ended decides nothing any more.
    if (pr.state !== "open") return { ...pr, review: "pending", reviewedHead: null };
    return { ...pr, ...judge(await fetchWords(github, people, pr.number, author), pr.head) };
  };
  /** Numbers of what ended since the last look. */
  const lookAtEnded = async (): Promise<ReadonlySet<number>> => {
    const news = new Set<number>();
    const query = { ...slug, state: "closed", sort: "updated", direction: "desc", per_page: 100 } as const;
    const [before, pages] = [seenUntil, { left: ENDED_PAGES }];
    for await (const { data } of github.pages(rest.pulls.list, query)) {
      for (const one of data.filter(isOurs)) {
        ended.set(one.number, await judged(toRaw(one)));
        news.add(one.number);
      }
      const [newest, oldest] = [data[0]?.updated_at ?? "", data.at(-1)?.updated_at ?? ""];
      if (newest > seenUntil) seenUntil = newest;
      if (oldest < before || (pages.left -= 1) === 0) break;
    }
    return news;
  };
  return {
    judged,
    async fetchAll() {
      const open = await github.all(rest.pulls.list, { ...slug, state: "open", per_page: 100 });
      // After the open ones: what ends between the two is in both, and has ended.
      const news = await lookAtEnded();
      const waiting = [];
      for (const one of open.filter((seen) => isOurs(seen) && !news.has(seen.number))) {
        ended.delete(one.number);
        waiting.push(await judged(toRaw(one)));
      }
      return [...ended.values(), ...waiting].sort((a, b) => a.number - b.number);
    },
    async fetch(number) {
      const found = await fetchAny(github, number);
      return found === null || !isOurs(found) ? null : toRaw(found);
    },
  };
}

/** Of whomever; null where there is none. */
export async function fetchAny({ rest, slug }: GitHub, number: number) {
  return (await orNone(rest.pulls.get({ ...slug, pull_number: number })))?.data ?? null;
}

type Seen = Pick<Listed, "number" | "title" | "body" | "state" | "draft" | "merged_at" | "merge_commit_sha"> &
  Pick<Listed, "html_url" | "node_id" | "user" | "head" | "base"> & {
    readonly labels: readonly { readonly name: string }[];
  };

/** Whoever may push to this repository made its branch; one of a fork is nobody's of ours, whatever it is called. */
export function isOurs({ head, base }: Pick<Listed, "head" | "base">): boolean {
  return head.repo?.full_name === base.repo.full_name && parseBranchName(head.ref) !== null;
}

export function toRaw(seen: Seen): Raw {
  const { number, title, html_url, node_id, user, head, base } = seen;
  const text = seen.body ?? "";
  const { task, body } = parseBody(text);
  // Its branch says whose it is: anybody who may edit it can write another marker.
  const id = parseBranchName(head.ref)?.id ?? "";
  const isMerged = seen.merged_at !== null;
  return {
    nodeId: node_id,
    author: user?.login ?? "",
    text,
    pr: {
      ...{ number, title, body, branch: head.ref, base: base.ref, head: head.sha },
      task: task?.toLowerCase() === id ? task : id,
      state: isMerged ? "merged" : seen.state === "open" ? "open" : "closed",
      draft: seen.draft ?? false,
      mergeCommit: isMerged ? seen.merge_commit_sha : null,
      url: html_url,
      isShown: seen.labels.some(({ name }) => STATES.includes(name)),
    },
  };
}
