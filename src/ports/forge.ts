import type { Remark } from "../domain/suggestion.ts";
import type { Finding } from "../domain/verdict.ts";

export interface PullRequest {
  readonly number: number;
  readonly task: string;
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  readonly base: string;
  /** Commit id. */
  readonly head: string;
  readonly state: "open" | "merged" | "closed";
  readonly draft: boolean;
  readonly review: "pending" | "approved" | "changes_requested";
  /** The head that the review saw; a newer head needs a new look. */
  readonly reviewedHead: string | null;
  readonly mergeCommit: string | null;
  readonly url: string | null;
  /** A label of ours is on it: nobody put it away yet. Absent where there are none. */
  readonly isShown?: boolean;
}

export interface PullRequestComment {
  readonly at: string;
  readonly by: string;
  readonly body: string;
}

export interface PullRequestDetails extends PullRequest {
  readonly comments: readonly PullRequestComment[];
  /** null where nobody wants anything. */
  readonly asked: Asked | null;
}

/** What people want changed at this head, in all their words. */
export interface Asked {
  readonly by: string;
  readonly why: string;
  /** The same one by one, where some of it is to be taken word for word. */
  readonly remarks?: readonly Remark[];
}

/** What people see of the state of a task beside its title. */
export type ShownState = "running" | "auditing" | "fixing" | "ready-for-human" | "needs-human" | "paused";

/** What the agents came to, at this head. */
export interface PullRequestVerdict {
  readonly task: string;
  readonly head: string;
  readonly outcome: "success" | "failure" | "action_required";
  readonly sentence: string;
  /** Left open. */
  readonly findings: readonly Finding[];
}

/** An order that somebody who may give orders wrote beside a pull request: `/dispatch fix the typo`. */
export interface Order {
  readonly id: number;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** Behind `/dispatch`. */
  readonly text: string;
}

export interface PullRequestDraft extends Pick<PullRequest, "task" | "title" | "body" | "branch" | "base" | "head"> {
  /** True while findings are open that only a human can settle: shown, not mergeable unasked. */
  readonly draft: boolean;
}

/** Any pull request, whoever wrote it: its words are data. */
export interface Foreign extends Pick<PullRequest, "number" | "title" | "body" | "head"> {
  readonly by: string;
  /** Where origin keeps the head, a full name. */
  readonly ref: string;
}

/**
 * Where pull requests live. Everything here may be repeated: the branch is the key of a pull request, the marker that
 * of a comment. Codes `unknown_pull_request`, and `pull_request_ended` for what only an open one can have done to it.
 */
export interface Forge {
  readonly kind: "local" | "github";
  /**
   * The one open pull request of the branch: opened, or brought up to date (head, title, body, draft). One that was
   * merged or closed is never reopened but given back as it is: a new attempt needs a new branch. Code
   * `nothing_to_merge` when the base has the head already.
   */
  ensurePullRequest(draft: PullRequestDraft): Promise<PullRequest>;
  fetchPullRequests(): Promise<readonly PullRequest[]>;
  fetchPullRequest(number: number): Promise<PullRequestDetails | null>;
  /** One that may be anybody's. Code `pull_request_ended` where its head is not kept after that. */
  fetchForeign(number: number): Promise<Foreign>;
  /** One comment per key; a second call with the same key changes its text. */
  ensureComment(number: number, key: string, body: string, by: string): Promise<void>;
  /** The human's word, bound to the head they saw; code `head_moved` when it is no longer that. `why` becomes a comment. */
  review(
    number: number,
    verdict: "approve" | "request_changes",
    head: string,
    by: string,
    why: string,
  ): Promise<PullRequest>;
  /** A real merge commit into the base; codes `conflict` (files named), `base_checked_out`, `head_moved`, `not_approved` is the caller's. */
  merge(number: number, head: string, by: string): Promise<PullRequest>;
  close(number: number, by: string, why: string): Promise<PullRequest>;
  /** What the agents came to, shown on the commit and the pull request; before one is opened, on the commit alone. */
  showVerdict(number: number | null, verdict: PullRequestVerdict): Promise<void>;
  /** Where a task stands, shown on its pull request and on what it was taken from; null: nothing of ours any more. */
  showState(task: string, number: number | null, state: ShownState | null): Promise<void>;
  /** To everybody who asked for changes: this commit is the answer. */
  answer(number: number, head: string): Promise<void>;
  /** Orders that were not yet taken, oldest first. */
  fetchOrders(number: number): Promise<readonly Order[]>;
  /** So that nobody takes it again, and whoever gave it sees that it was heard. */
  takeOrder(number: number, order: number, isUnderstood: boolean): Promise<void>;
}
