import type { Files } from "../git-repo.ts";
import type {
  CheckRunView,
  CommentView,
  Conclusion,
  Cost,
  Delivery,
  Fault,
  FaultRule,
  GitFaultRule,
  JournalLine,
  PullView,
  ReviewView,
  StatusState,
  StatusView,
  ThreadView,
  Violation,
  WorkflowDispatch,
} from "./views.ts";

/** The door of the stand-in: what tests may say to it, and ask. `gitHub()` in `index.ts` makes one. */

export type Permission = "admin" | "maintain" | "write" | "triage" | "read" | "none";

/** A person with a PAT, an App by its installation token, or the `GITHUB_TOKEN` of a workflow run. */
export type AccountKind = "user" | "app" | "actions";

export interface GitHubOptions {
  /** Login → permission in every repository that is made; default `{ ada: "admin", bob: "write", eve: "none" }`. */
  readonly users?: Readonly<Record<string, Permission>>;
  /** Milliseconds; what limits, tokens and time stamps go by. Default the wall clock. */
  readonly now?: () => number;
  readonly limits?: Partial<Limits>;
  /** Where the API is: below `/api/v3` (default), or at the top, as `api.github.com` has it. */
  readonly layout?: "enterprise" | "github.com";
}

export interface Limits {
  /** Requests an hour for each account (5000), 304 excepted. Then 403 until `x-ratelimit-reset`. */
  readonly perHour: number;
  /** GET 1, write 5, mutation 5 (900). Then 403 "secondary rate limit" with `retry-after`. */
  readonly pointsPerMinute: number;
  /** Issues, pull requests, comments, reviews, replies (80 and 500). */
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
}

/** For `@octokit/auth-app`. */
export interface AppCredentials {
  readonly appId: number;
  readonly installationId: number;
  readonly privateKey: string;
  readonly slug: string;
  /** `SLUG[bot]`. */
  readonly login: string;
}

export interface GitHubEnv {
  readonly GITHUB_TOKEN: string;
  readonly GITHUB_API_URL: string;
  readonly GITHUB_GRAPHQL_URL: string;
  readonly GITHUB_SERVER_URL: string;
}

export interface GitHub extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; the same as `serverUrl`. */
  readonly url: string;
  readonly serverUrl: string;
  /** `…/api/v3`, or the top; without a slash at its end. */
  readonly apiUrl: string;
  /** `…/api/graphql`, or `…/graphql`. */
  readonly graphqlUrl: string;
  readonly app: AppCredentials;
  /** `github-actions[bot]`: `env` of it is a workflow run's. */
  readonly actionsLogin: string;
  env(login: string): GitHubEnv;
  token(login: string): string;
  /** One more person, with this permission in what repositories there are and will be. */
  addUser(login: string, permission: Permission): void;
  /** Made at the first call, with one commit on the default branch. */
  repository(fullName: string, options?: RepositoryOptions): Promise<Repository>;
  /** Every request that came, oldest first; those of git, too. */
  readonly journal: readonly JournalLine[];
  /** What the requests of this login (default: of all) cost. */
  cost(login?: string): Cost;
  /** What must never happen, whatever was tested; `[]` when all is well. */
  violations(): Promise<readonly Violation[]>;
  /** The next request that matches goes wrong; the first rule that matches is the one. */
  fail(rule: FaultRule | GitFaultRule): Fault;
  onDelivery(url: string, secret: string): void;
  /** Everything that happened, as a webhook would tell it, whether or not one was told. */
  readonly deliveries: readonly Delivery[];
  /** All that is under way has been answered. */
  delivered(): Promise<void>;
  /** The same delivery again, under the same id. */
  redeliver(id: string): Promise<void>;
  /** From now on deliveries wait for `release`, which may double, drop and reorder them. */
  holdDeliveries(): { release(arrange?: (held: readonly Delivery[]) => readonly Delivery[]): Promise<void> };
}

export interface RepositoryOptions {
  readonly files?: Files;
  /** Default `main`. */
  readonly defaultBranch?: string;
  /** Others get 404 without `read`. Default false: everybody reads, opens issues, comments. */
  readonly private?: boolean;
  /** A copy of this repository on disk (its branches and tags) instead of `files`. */
  readonly from?: string;
  /** Organisation setting "Actions may create and approve pull requests". Default true. */
  readonly actionsMayOpenPullRequests?: boolean;
  readonly allowAutoMerge?: boolean;
}

export interface Protection {
  readonly requiredChecks?: readonly string[];
  readonly approvals?: number;
  readonly dismissStale?: boolean;
}

export interface Repository {
  readonly fullName: string;
  /** For git over HTTP, without a token in it. */
  readonly cloneUrl: string;
  readonly htmlUrl: string;
  /** The bare repository on disk: the truth about branches. What is pushed here directly counts, too. */
  readonly bare: string;
  readonly defaultBranch: string;
  /** What this person does in a browser or by git, without a request in the journal. */
  as(login: string): Hand;
  setPermission(login: string, permission: Permission): void;
  protect(branch: string, protection: Protection): void;
  /** Pushes over HTTP to this branch are declined by a hook; null: no longer. */
  refusePush(branch: string, message: string | null): Promise<void>;
  head(branch: string): Promise<string | null>;
  issues(): Promise<readonly IssueView[]>;
  pulls(): Promise<readonly PullView[]>;
  issue(number: number): Promise<IssueView>;
  pull(number: number): Promise<PullView>;
  /** Of an issue or of a pull request's conversation; all of the repository without a number. */
  comments(number?: number): Promise<readonly CommentView[]>;
  reviews(number: number): Promise<readonly ReviewView[]>;
  threads(number: number): Promise<readonly ThreadView[]>;
  checkRuns(sha?: string): Promise<readonly CheckRunView[]>;
  statuses(sha?: string): Promise<readonly StatusView[]>;
  labels(): Promise<readonly string[]>;
  /** `workflow_dispatch` that were asked for. */
  readonly dispatches: readonly WorkflowDispatch[];
}

export interface NewReview {
  readonly event: "APPROVE" | "REQUEST_CHANGES" | "COMMENT";
  readonly body?: string;
  /** Default: the head. */
  readonly commit?: string;
  readonly comments?: readonly NewReviewComment[];
}

export interface NewReviewComment {
  readonly path: string;
  readonly line: number;
  readonly side?: "LEFT" | "RIGHT";
  readonly startLine?: number;
  readonly body: string;
}

export interface Hand {
  readonly login: string;
  openIssue(issue: NewIssue): Promise<number>;
  editIssue(number: number, change: { readonly title?: string; readonly body?: string }): Promise<void>;
  labelIssue(number: number, ...labels: string[]): Promise<void>;
  unlabelIssue(number: number, ...labels: string[]): Promise<void>;
  assign(number: number, ...logins: string[]): Promise<void>;
  /** Gives the comment's id. */
  comment(number: number, body: string): Promise<number>;
  editComment(id: number, body: string): Promise<void>;
  /** `head` is a branch here, or `OWNER:branch` of a fork. */
  openPullRequest(pull: NewPull): Promise<number>;
  markReady(number: number): Promise<void>;
  requestReview(number: number, ...logins: string[]): Promise<void>;
  review(number: number, review: NewReview): Promise<number>;
  /** Under an inline comment; gives the new one's id. */
  reply(commentId: number, body: string): Promise<number>;
  resolve(threadId: string): Promise<void>;
  /** Gives the merge commit. */
  merge(number: number, options?: { readonly sha?: string; readonly method?: MergeMethod }): Promise<string>;
  close(number: number, reason?: "completed" | "not_planned"): Promise<void>;
  reopen(number: number): Promise<void>;
  /** Without a checkout, straight onto the branch (a new one begins at the default branch); null removes a file. */
  push(branch: string, files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  deleteBranch(branch: string): Promise<void>;
  setPermission(login: string, permission: Permission): void;
  /** What CI says of a commit. */
  check(sha: string, name: string, conclusion: Conclusion): Promise<void>;
  status(sha: string, context: string, state: StatusState): Promise<void>;
  /** Their own copy, under `LOGIN/NAME`. */
  fork(): Promise<Repository>;
}

export interface NewIssue {
  readonly title: string;
  readonly body?: string;
  readonly labels?: readonly string[];
  readonly assignees?: readonly string[];
  /** Number of the issue that this is a sub-issue of. */
  readonly parent?: number;
  readonly blockedBy?: readonly number[];
}

export interface NewPull {
  readonly head: string;
  readonly title: string;
  readonly base?: string;
  readonly body?: string;
  readonly draft?: boolean;
}

export type MergeMethod = "merge" | "squash" | "rebase";

export interface IssueView {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: "open" | "closed";
  readonly stateReason: "completed" | "not_planned" | "reopened" | null;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly parent: number | null;
  readonly blockedBy: readonly number[];
}
