/** What tests read: flat, and for no client. */

export type Conclusion = "success" | "failure" | "neutral" | "cancelled" | "skipped" | "timed_out" | "action_required";
export type StatusState = "error" | "failure" | "pending" | "success";

export interface PullView {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: "open" | "closed";
  readonly draft: boolean;
  readonly merged: boolean;
  readonly mergedBy: string | null;
  readonly mergeCommit: string | null;
  /** Commit id, branch, and the repository it is in. */
  readonly head: { readonly sha: string; readonly ref: string; readonly repository: string };
  readonly base: { readonly sha: string; readonly ref: string };
  readonly labels: readonly string[];
  readonly requestedReviewers: readonly string[];
  readonly reviewDecision: ReviewDecision | null;
  readonly mergeable: boolean;
  readonly autoMerge: boolean;
}

export type ReviewDecision = "APPROVED" | "CHANGES_REQUESTED" | "REVIEW_REQUIRED";

export interface CommentView {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly reactions: readonly { readonly login: string; readonly content: string }[];
}

export interface ReviewView {
  readonly id: number;
  readonly author: string;
  readonly state: ReviewState;
  readonly body: string;
  readonly commit: string;
}

export type ReviewState = "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";

export interface ThreadView {
  /** For GraphQL. */
  readonly id: string;
  readonly path: string;
  /** null when the line is no longer in the diff. */
  readonly line: number | null;
  readonly side: "LEFT" | "RIGHT";
  readonly resolved: boolean;
  readonly resolvedBy: string | null;
  readonly outdated: boolean;
  readonly comments: readonly { readonly id: number; readonly author: string; readonly body: string }[];
}

export interface CheckRunView {
  readonly id: number;
  readonly name: string;
  readonly sha: string;
  readonly author: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: Conclusion | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly externalId: string | null;
  readonly annotations: readonly { readonly path: string; readonly startLine: number; readonly message: string }[];
}

export interface StatusView {
  readonly sha: string;
  readonly context: string;
  readonly state: StatusState;
  readonly description: string | null;
  readonly author: string;
}

export interface WorkflowDispatch {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly by: string;
}

export interface JournalLine {
  /** By the stand-in's clock. */
  readonly at: number;
  /** null while it is under way, or when no answer was given. */
  answeredAt: number | null;
  readonly method: string;
  /** Without `/api/v3` and query: `/repos/acme/widgets/pulls`; `/graphql`; `/acme/widgets.git/git-receive-pack`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** null: the socket was cut. */
  status: number | null;
  readonly body: unknown;
  login: string | null;
  points: number;
  isContent: boolean;
  /** Its effect, if any, was made. */
  effective: boolean;
  /** Seconds, as it was answered. */
  retryAfter: number | null;
}

export interface Cost {
  readonly requests: number;
  readonly writes: number;
  readonly contentWrites: number;
  readonly points: number;
  /** Answered 304: free of the primary limit. */
  readonly unchanged: number;
}

export interface Violation {
  readonly rule: string;
  readonly what: string;
}

export interface FaultRule {
  readonly method?: string;
  /** A prefix of the journal's `path`, or a pattern for it. */
  readonly path?: string | RegExp;
  readonly login?: string;
  /** Something in the request's body, as JSON; the way to name a GraphQL operation. */
  readonly bodyIncludes?: string;
  readonly status?: number;
  /** The socket is cut instead of an answer. */
  readonly drop?: boolean;
  readonly delayMs?: number;
  /** How often, default 1. */
  readonly times?: number;
  /** How many matching requests are let through first. */
  readonly skip?: number;
  /** The effect is made, the answer lost. */
  readonly afterEffect?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface GitFaultRule extends Pick<
  FaultRule,
  "status" | "drop" | "delayMs" | "times" | "skip" | "afterEffect" | "login"
> {
  readonly service: "git-receive-pack" | "git-upload-pack";
}

export interface Fault {
  readonly hits: number;
  remove(): void;
}

export interface Delivery {
  /** `X-GitHub-Delivery`. */
  readonly id: string;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly sender: string;
  /** Whether a workflow would start: what `GITHUB_TOKEN` caused starts none but by `workflow_dispatch`. */
  readonly startsRuns: boolean;
  /** One for each attempt at each receiver; null when nobody answered. */
  readonly attempts: readonly (number | null)[];
}
