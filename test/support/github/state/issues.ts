import { commentShape, issueShape } from "../shape/issue.ts";
import type { NewIssue } from "../types.ts";
import { may, requirePermission } from "./accounts.ts";
import { setLabels } from "./labels.ts";
import { blockBy, setParent } from "./relations.ts";
import type { Actor, Comment, Issue, Pull, Repo, World } from "./model.ts";
import { invalid, notFound, Refusal } from "./refusal.ts";
import { tellIssue } from "./tell.ts";

export function findIssue(repo: Repo, number: number): Issue {
  const issue = repo.issues.find((one) => one.number === number);
  if (issue === undefined) throw notFound();
  return issue;
}

const LONGEST_BODY = 65_536;

export function requireBody(resource: string, body: unknown): string {
  if (typeof body !== "string" || body.trim() === "") throw invalid(resource, "body", "missing_field");
  return requireShort(resource, body);
}

export function requireShort(resource: string, body: string): string {
  if (body.length <= LONGEST_BODY) return body;
  throw invalid(resource, "body", "custom", `body is too long (maximum is ${LONGEST_BODY} characters)`);
}

/** An issue, or with `pull` a pull request; nobody is told yet. */
export function addIssue(
  world: World,
  repo: Repo,
  by: Actor,
  { title, body, pull }: { readonly title: string; readonly body: string; readonly pull: Pull | null },
): Issue {
  const now = world.stamp();
  const issue: Issue = {
    id: world.nextId(),
    by,
    createdAt: now,
    updatedAt: now,
    body: requireShort("Issue", body),
    reactions: [],
    repo,
    number: repo.issues.length + 1,
    title,
    state: "open",
    stateReason: null,
    closedAt: null,
    labels: [],
    assignees: [],
    parent: null,
    blockedBy: [],
    comments: [],
    pull,
  };
  repo.issues.push(issue);
  return issue;
}

export function openIssue(world: World, repo: Repo, by: Actor, draft: NewIssue): Issue {
  requirePermission(repo, by.account, "read");
  if (typeof draft.title !== "string" || draft.title === "") throw invalid("Issue", "title", "missing_field");
  const issue = addIssue(world, repo, by, { title: draft.title, body: draft.body ?? "", pull: null });
  tellIssue(world, by.account, "opened", issue);
  // Of who may not triage, labels and assignees are dropped in silence.
  if (!may(repo, by.account, "triage")) return issue;
  setLabels(world, by, issue, draft.labels ?? []);
  assign(world, by, issue, draft.assignees ?? []);
  if (draft.parent !== undefined) setParent(by, findIssue(repo, draft.parent), issue);
  for (const number of draft.blockedBy ?? []) blockBy(by, issue, findIssue(repo, number));
  return issue;
}

export interface IssueChange {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly stateReason?: Issue["stateReason"];
  readonly labels?: readonly string[];
  readonly assignees?: readonly string[];
}

export function changeIssue(world: World, by: Actor, issue: Issue, change: IssueChange): void {
  const { account } = by;
  if (account.login !== issue.by.account.login) requirePermission(issue.repo, account, "triage");
  if (change.labels !== undefined || change.assignees !== undefined) requirePermission(issue.repo, account, "triage");
  const edited = { title: change.title ?? issue.title, body: requireShort("Issue", change.body ?? issue.body) };
  const isEdited = edited.title !== issue.title || edited.body !== issue.body;
  Object.assign(issue, edited, { updatedAt: world.stamp() });
  if (isEdited) tellIssue(world, account, "edited", issue);
  if (change.labels !== undefined) setLabels(world, by, issue, change.labels);
  if (change.assignees !== undefined) replaceAssignees(world, by, issue, change.assignees);
  if (change.state === "closed") closeIssue(world, by, issue, change.stateReason ?? "completed");
  if (change.state === "open") reopenIssue(world, by, issue);
}

export function closeIssue(world: World, by: Actor, issue: Issue, reason: Issue["stateReason"]): void {
  if (issue.state === "closed") return;
  const now = world.stamp();
  const stateReason = issue.pull === null ? reason : null;
  Object.assign(issue, { state: "closed", stateReason, closedAt: now, updatedAt: now });
  tellIssue(world, by.account, "closed", issue);
}

export function reopenIssue(world: World, by: Actor, issue: Issue): void {
  if (issue.state === "open") return;
  if (issue.pull !== null && by.via === "api") {
    world.violations.push({ rule: "closed is respected", what: `#${issue.number} reopened by ${by.account.login}` });
  }
  const stateReason = issue.pull === null ? "reopened" : null;
  Object.assign(issue, { state: "open", stateReason, closedAt: null, updatedAt: world.stamp() });
  tellIssue(world, by.account, "reopened", issue);
}

export function assign(world: World, by: Actor, issue: Issue, logins: readonly string[]): void {
  requirePermission(issue.repo, by.account, "triage");
  for (const login of logins) {
    const account = world.accounts.get(login);
    // GitHub leaves out whoever cannot be assigned.
    if (account === undefined || account.kind !== "user" || issue.assignees.includes(account)) continue;
    issue.assignees.push(account);
    issue.updatedAt = world.stamp();
    tellIssue(world, by.account, "assigned", issue);
  }
}

export function unassign(world: World, by: Actor, issue: Issue, logins: readonly string[]): void {
  requirePermission(issue.repo, by.account, "triage");
  const left = issue.assignees.filter(({ login }) => !logins.includes(login));
  if (left.length === issue.assignees.length) return;
  Object.assign(issue, { assignees: left, updatedAt: world.stamp() });
  tellIssue(world, by.account, "unassigned", issue);
}

function replaceAssignees(world: World, by: Actor, issue: Issue, logins: readonly string[]): void {
  const gone = issue.assignees.map(({ login }) => login).filter((login) => !logins.includes(login));
  unassign(world, by, issue, gone);
  assign(world, by, issue, logins);
}

export function addComment(world: World, by: Actor, issue: Issue, body: unknown): Comment {
  requirePermission(issue.repo, by.account, "read");
  const now = world.stamp();
  const text = requireBody("IssueComment", body);
  const comment = { id: world.nextId(), by, createdAt: now, updatedAt: now, body: text, reactions: [], issue };
  issue.comments.push(comment);
  issue.updatedAt = now;
  tellComment(world, by, "created", comment);
  return comment;
}

export function findComment(repo: Repo, id: number): Comment {
  const comment = repo.issues.flatMap(({ comments }) => comments).find((one) => one.id === id);
  if (comment === undefined) throw notFound();
  return comment;
}

export function editComment(world: World, by: Actor, comment: Comment, body: unknown): void {
  requireOwnOrWrite(comment.issue.repo, by, comment.by);
  Object.assign(comment, { body: requireBody("IssueComment", body), updatedAt: world.stamp() });
  comment.issue.updatedAt = comment.updatedAt;
  tellComment(world, by, "edited", comment);
}

export function deleteComment(world: World, by: Actor, comment: Comment): void {
  requireOwnOrWrite(comment.issue.repo, by, comment.by);
  const { comments } = comment.issue;
  comments.splice(comments.indexOf(comment), 1);
  tellComment(world, by, "deleted", comment);
}

function requireOwnOrWrite(repo: Repo, by: Actor, author: Actor): void {
  if (author.account.login === by.account.login) return;
  if (!may(repo, by.account, "write")) throw new Refusal(403, "Must have admin rights to Repository.");
}

function tellComment(world: World, by: Actor, action: string, comment: Comment): void {
  const { issue } = comment;
  const payload = { issue: issueShape(world, issue), comment: commentShape(world, comment) };
  world.emit({ repo: issue.repo, event: "issue_comment", action, by: by.account, payload });
}
