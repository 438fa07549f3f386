import type { PullRequestDraft } from "../../ports/forge.ts";
import { headMoved, notOpen } from "../../ports/forge-errors.ts";
import type { Folded } from "./fold.ts";
import type { PullRequestEvent } from "./schema.ts";

export interface Stamp {
  readonly v: 1;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
}

/** What has to be written so that the wish is true; null when it is already. Throws when it cannot become true. */
export type Plan = (number: number, pr: Folded) => PullRequestEvent | null;

export function planOpen(
  { task, branch, title, body, base, head, draft }: PullRequestDraft,
  stamp: Stamp,
): PullRequestEvent & { kind: "opened" } {
  return { ...stamp, kind: "opened", task, branch, title, body, base, head, draft };
}

export function planUpdate({ title, body, base, head, draft }: PullRequestDraft, stamp: Stamp): Plan {
  const wanted = { title, body, base, head, draft };
  return (_, pr) =>
    Object.entries(wanted).every(([key, value]) => pr[key as keyof typeof wanted] === value)
      ? null
      : { ...stamp, kind: "updated", ...wanted };
}

export function planComment(key: string, body: string, stamp: Stamp): Plan {
  return (_, pr) =>
    pr.comments.some((one) => one.key === key && one.body === body && one.by === stamp.by)
      ? null
      : { ...stamp, kind: "commented", key, body };
}

export function planReview(verdict: "approve" | "request_changes", head: string, why: string, stamp: Stamp): Plan {
  return (number, pr) => {
    const last = pr.lastReview;
    const isSaid = last?.verdict === verdict && last.head === head && last.by === stamp.by && last.why === why;
    if (isSaid && pr.head === head) return null;
    if (pr.state !== "open") throw notOpen(number, pr);
    if (pr.head !== head) throw headMoved(number, pr, head);
    return { ...stamp, kind: "reviewed", verdict, head, why };
  };
}

/** What is merged cannot be closed any more, and has ended as well. */
export function planClose(why: string, stamp: Stamp): Plan {
  return (_, pr) => (pr.state === "open" ? { ...stamp, kind: "closed", why } : null);
}
