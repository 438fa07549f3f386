import type {
  AccountKind,
  AppCredentials,
  GitHubOptions,
  Limits,
  MergeMethod,
  Permission,
  Protection,
  RepositoryOptions,
} from "../types.ts";
import type {
  Conclusion,
  Delivery,
  JournalLine,
  ReviewState,
  StatusState,
  Violation,
  WorkflowDispatch,
} from "../views.ts";

/** What the stand-in remembers beside its bare repositories. Only this folder changes it. */

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly kind: AccountKind;
}

/** Who does something, and whether by a request: what is done by hand is nobody's to find fault with. */
export interface Actor {
  readonly account: Account;
  readonly via: "api" | "hand";
}

export interface Made {
  readonly id: number;
  readonly by: Actor;
  readonly createdAt: string;
  updatedAt: string;
}

export interface Reaction {
  readonly id: number;
  readonly account: Account;
  readonly content: string;
  readonly createdAt: string;
}

export interface Written extends Made {
  body: string;
  readonly reactions: Reaction[];
}

export interface Issue extends Written {
  readonly repo: Repo;
  readonly number: number;
  title: string;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "reopened" | null;
  closedAt: string | null;
  labels: string[];
  assignees: Account[];
  parent: Issue | null;
  readonly blockedBy: Issue[];
  readonly comments: Comment[];
  readonly pull: Pull | null;
}

export interface Comment extends Written {
  readonly issue: Issue;
}

export interface Pull {
  readonly id: number;
  readonly headRepo: Repo;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  draft: boolean;
  merged: { readonly at: string; readonly by: Account; readonly commit: string } | null;
  requested: Account[];
  readonly reviews: Review[];
  readonly threads: Thread[];
  autoMerge: { readonly by: Actor; readonly method: MergeMethod } | null;
  /** Head and base for which mergeability was asked already, and is known by now. */
  asked: string | null;
}

/** An issue that is a pull request. */
export type PullIssue = Issue & { readonly pull: Pull };

export interface Review extends Written {
  readonly issue: PullIssue;
  state: ReviewState;
  readonly commit: string;
  readonly submittedAt: string;
}

export type Side = "LEFT" | "RIGHT";

export interface Thread {
  readonly id: number;
  readonly issue: PullIssue;
  readonly path: string;
  /** Where it is now; null when it is no longer in the diff. */
  line: number | null;
  readonly startLine: number | null;
  readonly originalLine: number;
  readonly side: Side;
  readonly originalCommit: string;
  readonly hunk: string;
  readonly position: number;
  resolvedBy: Account | null;
  readonly comments: ReviewComment[];
}

export interface ReviewComment extends Written {
  readonly thread: Thread;
  readonly review: Review;
}

export interface CheckRun extends Made {
  name: string;
  readonly sha: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: Conclusion | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  externalId: string | null;
  detailsUrl: string | null;
  readonly startedAt: string;
  completedAt: string | null;
  annotations: Annotation[];
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: "notice" | "warning" | "failure";
  readonly message: string;
  readonly title: string | null;
  readonly raw_details: string | null;
}

export interface Status extends Made {
  readonly sha: string;
  readonly context: string;
  readonly state: StatusState;
  readonly description: string | null;
  readonly targetUrl: string | null;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Repo {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly fullName: string;
  readonly dir: string;
  readonly options: RepositoryOptions;
  readonly defaultBranch: string;
  readonly forkOf: Repo | null;
  readonly permissions: Map<string, Permission>;
  readonly protections: Map<string, Protection>;
  /** Branches as they were when last looked at. */
  heads: Map<string, string>;
  /** Who brought a commit here. */
  readonly pushers: Map<string, string>;
  readonly issues: Issue[];
  readonly labels: Map<string, Label>;
  readonly checkRuns: CheckRun[];
  readonly statuses: Status[];
  readonly dispatches: WorkflowDispatch[];
}

export interface Happening {
  readonly repo: Repo;
  readonly event: string;
  readonly action: string | null;
  readonly by: Account;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface World {
  readonly folder: string;
  readonly options: GitHubOptions;
  readonly limits: Limits;
  readonly app: AppCredentials;
  /** Set when it listens. */
  url: string;
  readonly accounts: Map<string, Account>;
  readonly tokens: Map<string, { readonly login: string; readonly expiresAt: number }>;
  readonly repos: Map<string, Repo>;
  readonly journal: JournalLine[];
  readonly deliveries: Delivery[];
  /** What cannot be seen from the end state. */
  readonly violations: Violation[];
  now(): number;
  stamp(): string;
  nextId(): number;
  emit(happening: Happening): void;
  /** One deed at a time, as in a transaction. */
  turn<T>(work: () => Promise<T>): Promise<T>;
}
