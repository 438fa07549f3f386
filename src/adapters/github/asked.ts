import type { PullRequestDetails } from "../../ports/forge.ts";
import type { GitHub } from "./client.ts";
import type { Word } from "./reviews.ts";
import { visible } from "./text.ts";

/** What people want changed at this head: the words of their reviews, and those that they wrote at lines. */
export async function fetchAsked(
  { rest, all, slug }: GitHub,
  number: number,
  words: readonly Word[],
  head: string,
): Promise<PullRequestDetails["asked"]> {
  const asking = words.filter((word) => word.head === head && word.verdict === "request_changes");
  if (asking.length === 0) return null;
  // Those of one review alone come without their lines (hub4j/github-api 2188).
  const isAnyReview = asking.some(({ isReview }) => isReview);
  const atLines = { ...slug, pull_number: number, per_page: 100 };
  const comments = isAnyReview ? await all(rest.pulls.listReviewComments, atLines) : [];
  const said: string[] = [];
  for (const { id, why, isReview } of asking) {
    if (why !== "") said.push(visible(why).trim());
    if (!isReview) continue;
    for (const { path, line, original_line, body } of comments.filter((one) => one.pull_request_review_id === id))
      said.push(`${path}${at(line ?? original_line)}: ${visible(body).trim()}`);
  }
  const by = [...new Set(asking.map((word) => word.by))].join(", ");
  return { by, why: said.join("\n\n") || "changes were requested" };
}

const at = (line: number | null | undefined): string => (typeof line === "number" ? `:${line}` : "");
