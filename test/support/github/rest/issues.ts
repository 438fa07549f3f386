import { commentShape, issueShape } from "../shape/issue.ts";
import { repoApi, userShape, nodeId, isReaction } from "../shape/basics.ts";
import {
  addComment,
  assign,
  changeIssue,
  deleteComment,
  editComment,
  findComment,
  findIssue,
  openIssue,
  unassign,
} from "../state/issues.ts";
import type { Issue, Reaction, Written } from "../state/model.ts";
import { blockBy, react, removeParent, setParent, unblock } from "../state/relations.ts";
import { invalid, notFound } from "../state/refusal.ts";
import { choice, requireWhole, text, texts } from "./body.ts";
import { answer, number, ok, page, routes, type Answer, type AskedOf } from "./route.ts";
import { newest, since } from "./select.ts";

const issueOf = (asked: AskedOf): Issue => findIssue(asked.repo, number(asked));

const shown = ({ world }: AskedOf, issue: Issue, status = 200): Answer => answer(status, issueShape(world, issue));

/** Sub-issues and dependencies name others by id, not by number. */
function byId({ repo }: AskedOf, id: number): Issue {
  const issue = repo.issues.find((one) => one.id === id);
  if (issue === undefined) throw notFound();
  return issue;
}

function issuesPage(asked: AskedOf, path: string, issues: readonly Issue[]): Answer {
  return page(asked, `/repos/${asked.repo.fullName}${path}`, issues, (one) => issueShape(asked.world, one));
}

function listIssues(asked: AskedOf): Answer {
  const { query, repo } = asked;
  const state = query.get("state") ?? "open";
  const labels = (query.get("labels") ?? "")
    .split(",")
    .filter(Boolean)
    .map((name) => name.toLowerCase());
  const assignee = query.get("assignee");
  const creator = query.get("creator");
  const fits = (issue: Issue): boolean =>
    (state === "all" || issue.state === state) &&
    labels.every((name) => issue.labels.some((one) => one.toLowerCase() === name)) &&
    (creator === null || issue.by.account.login === creator) &&
    (assignee === null ||
      (assignee === "none" && issue.assignees.length === 0) ||
      (assignee === "*" && issue.assignees.length > 0) ||
      issue.assignees.some(({ login }) => login === assignee));
  return issuesPage(asked, "/issues", newest(since(repo.issues.filter(fits), query), query));
}

function createIssue(asked: AskedOf): Answer {
  const { world, repo, by, body } = asked;
  const issue = openIssue(world, repo, by, {
    title: text(body, "title") ?? "",
    body: text(body, "body") ?? "",
    labels: texts(body, "labels") ?? [],
    assignees: texts(body, "assignees") ?? [],
  });
  return shown(asked, issue, 201);
}

function patchIssue(asked: AskedOf): Answer {
  const { world, by, body } = asked;
  const issue = issueOf(asked);
  const change = {
    title: text(body, "title"),
    body: text(body, "body"),
    state: choice(body, "state", ["open", "closed"]),
    stateReason: choice(body, "state_reason", ["completed", "not_planned", "reopened"]),
    labels: texts(body, "labels"),
    assignees: texts(body, "assignees"),
  };
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  changeIssue(world, by, issue, given);
  return shown(asked, issue);
}

function listComments(asked: AskedOf, issues: readonly Issue[], path: string): Answer {
  const comments = since(
    issues.flatMap((issue) => issue.comments),
    asked.query,
  );
  return page(asked, `/repos/${asked.repo.fullName}${path}`, comments, (one) => commentShape(asked.world, one));
}

function addReaction(asked: AskedOf, written: Written): Answer {
  const { world, account, body } = asked;
  const content = text(body, "content") ?? "";
  if (!isReaction(content)) throw invalid("Reaction", "content");
  const { reaction, isNew } = react(world, account, written, content);
  return answer(isNew ? 201 : 200, reactionShape(asked, reaction));
}

function reactionShape({ world, repo }: AskedOf, { id, account, content, createdAt }: Reaction) {
  const user = userShape(world, account);
  return { id, node_id: nodeId("REA", id), user, content, created_at: createdAt, url: repoApi(world, repo) };
}

export const issueRoutes = routes<AskedOf>({
  "GET /issues": listIssues,
  "POST /issues": createIssue,
  "GET /issues/comments": (asked) => listComments(asked, asked.repo.issues, "/issues/comments"),
  "GET /issues/comments/:id": (asked) => ok(commentShape(asked.world, findComment(asked.repo, number(asked, "id")))),
  "PATCH /issues/comments/:id": (asked) => {
    const comment = findComment(asked.repo, number(asked, "id"));
    editComment(asked.world, asked.by, comment, asked.body["body"]);
    return ok(commentShape(asked.world, comment));
  },
  "DELETE /issues/comments/:id": (asked) => {
    deleteComment(asked.world, asked.by, findComment(asked.repo, number(asked, "id")));
    return answer(204);
  },
  "POST /issues/comments/:id/reactions": (asked) => addReaction(asked, findComment(asked.repo, number(asked, "id"))),
  "GET /issues/comments/:id/reactions": (asked) => {
    const comment = findComment(asked.repo, number(asked, "id"));
    return ok(comment.reactions.map((one) => reactionShape(asked, one)));
  },
  "GET /issues/:number": (asked) => shown(asked, issueOf(asked)),
  "PATCH /issues/:number": patchIssue,
  "GET /issues/:number/comments": (asked) => listComments(asked, [issueOf(asked)], `/issues/${number(asked)}/comments`),
  "POST /issues/:number/comments": (asked) => {
    const comment = addComment(asked.world, asked.by, issueOf(asked), asked.body["body"]);
    return answer(201, commentShape(asked.world, comment));
  },
  "POST /issues/:number/reactions": (asked) => addReaction(asked, issueOf(asked)),
  "POST /issues/:number/assignees": (asked) => {
    assign(asked.world, asked.by, issueOf(asked), texts(asked.body, "assignees") ?? []);
    return shown(asked, issueOf(asked), 201);
  },
  "DELETE /issues/:number/assignees": (asked) => {
    unassign(asked.world, asked.by, issueOf(asked), texts(asked.body, "assignees") ?? []);
    return shown(asked, issueOf(asked));
  },
  "GET /issues/:number/parent": (asked) => {
    const { parent } = issueOf(asked);
    if (parent === null) throw notFound();
    return shown(asked, parent);
  },
  "GET /issues/:number/sub_issues": (asked) => {
    const parent = issueOf(asked);
    const children = asked.repo.issues.filter((one) => one.parent === parent);
    return issuesPage(asked, `/issues/${parent.number}/sub_issues`, children);
  },
  "POST /issues/:number/sub_issues": (asked) => {
    const child = byId(asked, requireWhole(asked.body, "sub_issue_id"));
    setParent(asked.by, issueOf(asked), child, asked.body["replace_parent"] === true);
    return shown(asked, issueOf(asked), 201);
  },
  "DELETE /issues/:number/sub_issue": (asked) => {
    removeParent(asked.by, issueOf(asked), byId(asked, requireWhole(asked.body, "sub_issue_id")));
    return shown(asked, issueOf(asked));
  },
  "GET /issues/:number/dependencies/blocked_by": (asked) =>
    issuesPage(asked, `/issues/${number(asked)}/dependencies/blocked_by`, issueOf(asked).blockedBy),
  "POST /issues/:number/dependencies/blocked_by": (asked) => {
    blockBy(asked.by, issueOf(asked), byId(asked, requireWhole(asked.body, "issue_id")));
    return shown(asked, issueOf(asked), 201);
  },
  "DELETE /issues/:number/dependencies/blocked_by/:id": (asked) => {
    unblock(asked.by, issueOf(asked), byId(asked, number(asked, "id")));
    return shown(asked, issueOf(asked));
  },
  "GET /issues/:number/dependencies/blocking": (asked) => {
    const issue = issueOf(asked);
    const blocked = asked.repo.issues.filter(({ blockedBy }) => blockedBy.includes(issue));
    return issuesPage(asked, `/issues/${issue.number}/dependencies/blocking`, blocked);
  },
});
