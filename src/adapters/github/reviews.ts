import type { PullRequest } from "../../ports/forge.ts";
import type { GitHub } from "./client.ts";
import type { People } from "./people.ts";
import { fetchPosts, type Post } from "./posts.ts";
import { parsePost } from "./text.ts";

/** A person's word on a pull request that decides something. */
export interface Word {
  readonly id: number;
  /** On GitHub; `by` is how we call them. */
  readonly login: string;
  readonly by: string;
  readonly at: string;
  readonly verdict: "approve" | "request_changes";
  /** The commit that they saw. */
  readonly head: string;
  readonly why: string;
  /** Lines of a review may have words of their own. */
  readonly isReview: boolean;
}

export type Judgement = Pick<PullRequest, "review" | "reviewedHead">;

/** A review as GitHub lists it, of whomever. */
export interface Review {
  readonly id: number;
  readonly login: string;
  readonly at: string;
  readonly state: string;
  readonly head: string;
  readonly body: string;
}

export async function fetchReviews({ rest, all, slug }: GitHub, number: number): Promise<readonly Review[]> {
  const found = await all(rest.pulls.listReviews, { ...slug, pull_number: number, per_page: 100 });
  return found.map(({ id, user, submitted_at, state, commit_id, body }) => {
    return { id, login: user?.login ?? "", at: submitted_at ?? "", state, head: commit_id ?? "", body };
  });
}

/**
 * The last deciding word of everybody who may write here, oldest first. GitHub lets nobody judge their own pull request:
 * whoever's token opened it says so in a comment of ours, bound to the head (docs/contract.md §9.21).
 */
export async function fetchWords(
  github: GitHub,
  people: People,
  number: number,
  author: string,
): Promise<readonly Word[]> {
  const ours = await github.fetchOwn();
  const [reviews, posts] = [await fetchReviews(github, number), await fetchPosts(github, number)];
  const last = new Map<string, Word | null>();
  for (const { id, login, at, state, head, body } of reviews) {
    const verdict = VERDICTS[state];
    if (verdict === undefined || !(await people.mayWrite(login))) continue;
    const own = ours.includes(login) ? parsePost(body) : { marker: null, body };
    const by = typeof own.marker?.["by"] === "string" ? own.marker["by"] : login;
    last.set(
      login,
      verdict === null ? null : { id, login, by, at, verdict, head, why: own.body.trim(), isReview: true },
    );
  }
  if (ours.includes(author)) for (const word of posts.flatMap(spoken)) last.set(word.login, word);
  return [...last.values()].flatMap((word) => word ?? []).sort((a, b) => (a.at < b.at ? -1 : 1));
}

const VERDICTS: Readonly<Record<string, Word["verdict"] | null>> = {
  APPROVED: "approve",
  CHANGES_REQUESTED: "request_changes",
  DISMISSED: null,
};

function spoken({ id, at, by, body, login, marker }: Post): readonly Word[] {
  const [verdict, head] = [marker?.["verdict"], marker?.["head"]];
  if (verdict !== "approve" && verdict !== "request_changes") return [];
  return [{ id, login, by, at, verdict, head: String(head), why: body.trim(), isReview: false }];
}

/** Changes that anybody asks for weigh more than approvals; a word about an older head waits for a newer one. */
export function judge(words: readonly Word[], head: string): Judgement {
  const here = words.filter((word) => word.head === head);
  const asked = here.find(({ verdict }) => verdict === "request_changes");
  const word = asked ?? here.at(-1);
  if (word === undefined) return { review: "pending", reviewedHead: words.at(-1)?.head ?? null };
  return { review: word.verdict === "approve" ? "approved" : "changes_requested", reviewedHead: head };
}
