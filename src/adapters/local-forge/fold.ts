import type { PullRequest, PullRequestDetails } from "../../ports/forge.ts";
import type { PullRequestEvent } from "./schema.ts";

/** A pull request as its events tell it, without its number. */
export interface Folded extends Omit<PullRequest, "number" | "url" | "review" | "reviewedHead"> {
  readonly lastReview: {
    readonly verdict: "approve" | "request_changes";
    readonly head: string;
    readonly by: string;
    readonly why: string;
  } | null;
  readonly comments: readonly FoldedComment[];
}

export interface FoldedComment {
  /** null for the words of a review or a close. */
  readonly key: string | null;
  readonly at: string;
  readonly by: string;
  readonly body: string;
}

/** The state after these events; null unless the first of them opens it. */
export function foldPullRequest(events: readonly PullRequestEvent[]): Folded | null {
  const [first, ...rest] = events;
  return first?.kind === "opened" ? rest.reduce(applyEvent, openedBy(first)) : null;
}

/** A new pull request. */
export function openedBy({
  task,
  branch,
  title,
  body,
  base,
  head,
  draft,
}: PullRequestEvent & { kind: "opened" }): Folded {
  const content = { task, branch, title, body, base, head, draft };
  return { ...content, state: "open", mergeCommit: null, lastReview: null, comments: [] };
}

/** What has ended stays as it ended; words may still be added. */
export function applyEvent(pr: Folded, event: PullRequestEvent): Folded {
  if (event.kind === "commented") return { ...pr, comments: withComment(pr.comments, event) };
  if (pr.state !== "open") return pr;
  switch (event.kind) {
    case "opened":
      return pr;
    case "updated": {
      const { title, body, base, head, draft } = event;
      return { ...pr, title, body, base, head, draft };
    }
    case "reviewed": {
      const { verdict, head, by, why } = event;
      return { ...pr, lastReview: { verdict, head, by, why }, comments: withWords(pr.comments, event) };
    }
    case "merged":
      return { ...pr, state: "merged", head: event.head, mergeCommit: event.commit };
    case "closed":
      return { ...pr, state: "closed", comments: withWords(pr.comments, event) };
    default:
      return event satisfies never;
  }
}

/** A second comment under one key changes the text of the first, where it stands. */
function withComment(
  comments: readonly FoldedComment[],
  event: PullRequestEvent & { kind: "commented" },
): readonly FoldedComment[] {
  const { key, at, by, body } = event;
  if (!comments.some((one) => one.key === key)) return [...comments, { key, at, by, body }];
  return comments.map((one) => (one.key === key ? { ...one, by, body } : one));
}

function withWords(
  comments: readonly FoldedComment[],
  { at, by, why }: { at: string; by: string; why: string },
): readonly FoldedComment[] {
  return why.trim() === "" ? comments : [...comments, { key: null, at, by, body: why }];
}

export function toPullRequest(number: number, pr: Folded): PullRequest {
  const { task, title, body, branch, base, head, state, draft, mergeCommit, lastReview } = pr;
  const reviewedHead = lastReview?.head ?? null;
  const seen = { approve: "approved", request_changes: "changes_requested" } as const;
  const review = lastReview === null || reviewedHead !== head ? "pending" : seen[lastReview.verdict];
  return { number, task, title, body, branch, base, head, state, draft, review, reviewedHead, mergeCommit, url: null };
}

export function toDetails(number: number, pr: Folded): PullRequestDetails {
  const { review, ...rest } = toPullRequest(number, pr);
  const { by = "", why = "" } = pr.lastReview ?? {};
  const asked = review === "changes_requested" ? { by, why: why.trim() || "changes were requested" } : null;
  return {
    ...rest,
    review,
    comments: pr.comments.map(({ at, by: author, body }) => ({ at, by: author, body })),
    asked,
  };
}
