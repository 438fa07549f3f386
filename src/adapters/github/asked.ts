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
  const said: string[] = [];
  for (const { id, why, isReview } of asking) {
    if (why !== "") said.push(visible(why).trim());
    if (!isReview) continue;
    const lines = await all(rest.pulls.listCommentsForReview, {
      ...{ ...slug, pull_number: number, review_id: id, per_page: 100 },
    });
    for (const { path, line, original_line, body } of lines)
      said.push(`${path}${line === undefined ? at(original_line) : at(line)}: ${visible(body).trim()}`);
  }
  const by = [...new Set(asking.map((word) => word.by))].join(", ");
  return { by, why: said.join("\n\n") || "changes were requested" };
}

const at = (line: number | null | undefined): string => (typeof line === "number" ? `:${line}` : "");
