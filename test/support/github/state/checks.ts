import { checkRunShape, statusShape } from "../shape/check.ts";
import type { Conclusion, StatusState } from "../views.ts";
import { requirePermission } from "./accounts.ts";
import type { Actor, Annotation, CheckRun, Repo, Status, World } from "./model.ts";
import { invalid, Refusal, unprocessable } from "./refusal.ts";

const MOST_ANNOTATIONS = 50;
const LONGEST_DESCRIPTION = 140;

/** As the body says it. */
export interface CheckRunInput {
  readonly name?: string;
  readonly head_sha?: string;
  readonly status?: CheckRun["status"];
  readonly conclusion?: Conclusion;
  readonly external_id?: string;
  readonly details_url?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary?: string;
    readonly text?: string;
    readonly annotations?: readonly (Partial<Annotation> &
      Pick<Annotation, "path" | "start_line" | "end_line" | "message">)[];
  };
}

function requireApp({ account }: Actor): void {
  if (account.kind === "user") throw new Refusal(403, "You must authenticate via a GitHub App.");
}

export function createCheckRun(
  world: World,
  repo: Repo,
  by: Actor,
  input: CheckRunInput,
  sha: string | null,
): CheckRun {
  requireApp(by);
  requirePermission(repo, by.account, "write");
  if (input.name === undefined || input.name === "") throw invalid("CheckRun", "name", "missing_field");
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${input.head_sha ?? ""}`);
  const now = world.stamp();
  const run: CheckRun = {
    id: world.nextId(),
    by,
    createdAt: now,
    updatedAt: now,
    name: input.name,
    sha,
    status: "queued",
    conclusion: null,
    title: null,
    summary: null,
    text: null,
    externalId: null,
    detailsUrl: null,
    startedAt: input.started_at ?? now,
    completedAt: null,
    annotations: [],
  };
  apply(world, run, input);
  repo.checkRuns.push(run);
  tellCheck(world, repo, by, "created", run);
  if (run.status === "completed") tellCheck(world, repo, by, "completed", run);
  return run;
}

export function changeCheckRun(world: World, repo: Repo, by: Actor, run: CheckRun, input: CheckRunInput): void {
  requireApp(by);
  requirePermission(repo, by.account, "write");
  if (run.by.account !== by.account) throw new Refusal(403, "Invalid app_id for check run");
  const wasCompleted = run.status === "completed";
  apply(world, run, input);
  if (run.status === "completed" && !wasCompleted) tellCheck(world, repo, by, "completed", run);
}

function apply(world: World, run: CheckRun, input: CheckRunInput): void {
  const { output, conclusion = run.conclusion, status = conclusion === null ? run.status : "completed" } = input;
  const annotations = output?.annotations ?? [];
  if (annotations.length > MOST_ANNOTATIONS) {
    throw new Refusal(422, `Invalid request.\n\nNo more than ${MOST_ANNOTATIONS} items are allowed in "annotations".`);
  }
  if (output !== undefined && output.summary === undefined)
    throw invalid("CheckRun", "output.summary", "missing_field");
  if (status === "completed" && conclusion === null) throw invalid("CheckRun", "conclusion", "missing_field");
  Object.assign(run, {
    name: input.name ?? run.name,
    status,
    conclusion: status === "completed" ? conclusion : null,
    completedAt: status === "completed" ? (input.completed_at ?? run.completedAt ?? world.stamp()) : null,
    externalId: input.external_id ?? run.externalId,
    detailsUrl: input.details_url ?? run.detailsUrl,
    title: output?.title ?? run.title,
    summary: output?.summary ?? run.summary,
    text: output?.text ?? run.text,
    updatedAt: world.stamp(),
  });
  // What comes later is added.
  const defaults = { annotation_level: "notice", title: null, raw_details: null } as const;
  run.annotations.push(...annotations.map((one) => ({ ...defaults, ...one })));
}

/** The newest of each name, as a pull request shows them. */
export function latestRuns(repo: Repo, sha: string): readonly CheckRun[] {
  const runs = repo.checkRuns.filter((run) => run.sha === sha);
  return [...new Map(runs.map((run) => [`${run.by.account.id} ${run.name}`, run])).values()];
}

export interface StatusInput {
  readonly state?: StatusState;
  readonly context?: string;
  readonly description?: string | null;
  readonly target_url?: string | null;
}

export function addStatus(world: World, repo: Repo, by: Actor, sha: string | null, input: StatusInput): Status {
  requirePermission(repo, by.account, "write");
  const { state, context = "default", description = null, target_url: targetUrl = null } = input;
  if (sha === null) throw new Refusal(422, "No commit found for SHA");
  if (state === undefined || !["error", "failure", "pending", "success"].includes(state))
    throw invalid("Status", "state");
  if ((description ?? "").length > LONGEST_DESCRIPTION) {
    throw unprocessable(`Description is too long (maximum is ${LONGEST_DESCRIPTION} characters)`);
  }
  const now = world.stamp();
  const status = {
    id: world.nextId(),
    by,
    createdAt: now,
    updatedAt: now,
    sha,
    context,
    state,
    description,
    targetUrl,
  };
  repo.statuses.push(status);
  const payload = { ...statusShape(world, repo, status), sha, commit: { sha } };
  world.emit({ repo, event: "status", action: null, by: by.account, payload });
  return status;
}

/** The newest of each context. */
export function latestStatuses(repo: Repo, sha: string): readonly Status[] {
  const all = repo.statuses.filter((status) => status.sha === sha);
  return [...new Map(all.map((status) => [status.context, status])).values()];
}

/** Whether what has this name, of either kind, is done and well. */
export function isGreen(repo: Repo, sha: string, name: string): boolean {
  const runs = latestRuns(repo, sha).filter((run) => run.name === name);
  const statuses = latestStatuses(repo, sha).filter((status) => status.context === name);
  const fine = ["success", "neutral", "skipped"];
  const all = [
    ...runs.map(({ conclusion }) => fine.includes(conclusion ?? "")),
    ...statuses.map(({ state }) => state === "success"),
  ];
  return all.length > 0 && all.every(Boolean);
}

function tellCheck(world: World, repo: Repo, by: Actor, action: string, run: CheckRun): void {
  world.emit({
    repo,
    event: "check_run",
    action,
    by: by.account,
    payload: { check_run: checkRunShape(world, repo, run) },
  });
}
