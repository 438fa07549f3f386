import { createHash } from "node:crypto";
import { readBlocks, type Remark, saidIn, type Suggestion } from "../../domain/suggestion.ts";
import type { Asked } from "../../ports/forge.ts";
import type { GitHub } from "./client.ts";
import type { Word } from "./reviews.ts";
import { visible } from "./text.ts";

type Comment = Awaited<ReturnType<GitHub["rest"]["pulls"]["listReviewComments"]>>["data"][number];

/** What people want changed at this head: the words of their reviews, and those that they wrote at lines. */
export async function fetchAsked(
  { rest, all, slug, server }: GitHub,
  number: number,
  words: readonly Word[],
  head: string,
): Promise<Asked | null> {
  const asking = words.filter((word) => word.head === head && word.verdict === "request_changes");
  if (asking.length === 0) return null;
  // Those of one review alone come without their lines (hub4j/github-api 2188).
  const isAnyReview = asking.some(({ isReview }) => isReview);
  const atLines = { ...slug, pull_number: number, per_page: 100 };
  const comments = isAnyReview ? await all(rest.pulls.listReviewComments, atLines) : [];
  const remarks: Remark[] = [];
  for (const word of asking) {
    const text = visible(word.why).trim();
    if (text !== "") remarks.push({ at: null, text, words: text, suggestions: [] });
    if (!word.isReview) continue;
    for (const comment of comments.filter((one) => one.pull_request_review_id === word.id))
      remarks.push(remarkOf(comment, word.login, new URL(server).hostname));
  }
  const by = [...new Set(asking.map((word) => word.by))].join(", ");
  const why = remarks.map((one) => saidIn(one, one.text)).join("\n\n") || "changes were requested";
  const isWordForWord = remarks.some(({ suggestions }) => suggestions.length > 0);
  return { by, why, ...(isWordForWord ? { remarks } : {}) };
}

function remarkOf(comment: Comment, login: string, host: string): Remark {
  const { path, line, original_line } = comment;
  const at = line ?? original_line;
  const text = visible(comment.body).trim();
  const { words, blocks } = readBlocks(text);
  const place = placeOf(comment, login, host);
  const remark = { at: typeof at === "number" ? `${path}:${at}` : path, text };
  if (place === null) return { ...remark, words: text, suggestions: [] };
  // Whoever edits one suggests another.
  const hash = (block: readonly string[]): string => createHash("sha256").update(block.join("\n")).digest("hex");
  const suggestions = blocks.map((block, nth) => {
    return { ...place, id: `${comment.id}/${nth}/${hash(block).slice(0, 8)}`, text: block };
  });
  return { ...remark, words, suggestions };
}

/** Of whoever judged, at lines of the new side; null where no lines can be replaced. */
function placeOf(comment: Comment, login: string, host: string): Omit<Suggestion, "id" | "text"> | null {
  const { user, path, side, start_side, original_commit_id: commit, original_line: end, subject_type } = comment;
  const isOfLines = side === "RIGHT" && start_side !== "LEFT" && subject_type !== "file" && typeof end === "number";
  if (!isOfLines || user?.login !== login || !/^[\w-]+(?:\[bot\])?$/.test(login)) return null;
  const author = `${login} <${user.id}+${login}@users.noreply.${host}>`;
  return { author, path, commit, start: comment.original_start_line ?? end, end };
}
