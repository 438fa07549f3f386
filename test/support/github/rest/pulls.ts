import { userShape, repoApi, repoHtml } from "../shape/basics.ts";
import { pullDetailsShape, pullShape } from "../shape/pull.ts";
import type { FileDiff } from "../state/diff.ts";
import { changeIssue } from "../state/issues.ts";
import { merge } from "../state/merge.ts";
import type { PullIssue } from "../state/model.ts";
import { askMergeability, commitsOf, filesOf, findPull, openPull, requestReviewers } from "../state/pulls.ts";
import { invalid, notFound } from "../state/refusal.ts";
import { isPull } from "../state/tell.ts";
import { choice, requireText, requireTexts, text } from "./body.ts";
import { commitShape } from "./commits.ts";
import { answer, number, ok, page, routes, type Answer, type AskedOf } from "./route.ts";
import { newest } from "./select.ts";

export const pullOf = (asked: AskedOf): PullIssue => findPull(asked.repo, number(asked));

function listPulls(asked: AskedOf): Answer {
  const { query, repo, world } = asked;
  const state = query.get("state") ?? "open";
  const head = query.get("head");
  const base = query.get("base");
  const fits = ({ state: is, pull }: PullIssue): boolean =>
    (state === "all" || is === state) &&
    // GitHub takes no notice of a head without its owner.
    (head === null || !head.includes(":") || head === `${pull.headRepo.owner}:${pull.headRef}`) &&
    (base === null || base === pull.baseRef);
  const pulls = newest(repo.issues.filter(isPull).filter(fits), query);
  return page(asked, `/repos/${repo.fullName}/pulls`, pulls, (one) => pullShape(world, one));
}

async function details(asked: AskedOf, issue: PullIssue, status = 200): Promise<Answer> {
  const files = await filesOf(issue);
  const { mergeable, state } = status === 201 ? { mergeable: null, state: "unknown" } : await askMergeability(issue);
  const body = pullDetailsShape(asked.world, issue, {
    mergeable,
    mergeableState: state,
    commits: (await commitsOf(issue)).length,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    changedFiles: files.length,
  });
  return answer(status, body);
}

async function createPull(asked: AskedOf): Promise<Answer> {
  const { world, repo, by, body } = asked;
  const issue = await openPull(world, repo, by, {
    title: text(body, "title") ?? "",
    head: requireText(body, "head"),
    base: requireText(body, "base"),
    body: text(body, "body") ?? "",
    draft: body["draft"] === true,
  });
  return details(asked, issue, 201);
}

/** `draft` is not among what REST changes: it is taken no notice of, as on GitHub. */
async function patchPull(asked: AskedOf): Promise<Answer> {
  const { world, repo, by, body } = asked;
  const issue = pullOf(asked);
  const state = choice(body, "state", ["open", "closed"]);
  if (state === "open" && issue.pull.merged !== null) throw invalid("PullRequest", "state");
  if (state === "open" && !issue.pull.headRepo.heads.has(issue.pull.headRef)) throw invalid("PullRequest", "state");
  const base = text(body, "base");
  if (base !== undefined && !repo.heads.has(base)) throw invalid("PullRequest", "base");
  const change = { title: text(body, "title"), body: text(body, "body"), state };
  changeIssue(world, by, issue, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)));
  if (base !== undefined) Object.assign(issue.pull, { baseRef: base, baseSha: repo.heads.get(base), asked: null });
  return details(asked, issue);
}

function fileShape({ world, repo }: AskedOf, head: string, file: FileDiff) {
  return {
    sha: null,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repoHtml(world, repo)}/blob/${head}/${file.path}`,
    raw_url: `${repoHtml(world, repo)}/raw/${head}/${file.path}`,
    contents_url: `${repoApi(world, repo)}/contents/${file.path}?ref=${head}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previous === null ? {} : { previous_filename: file.previous }),
  };
}

async function mergePull(asked: AskedOf): Promise<Answer> {
  const { world, by, body } = asked;
  const given = {
    sha: text(body, "sha"),
    method: choice(body, "merge_method", ["merge", "squash", "rebase"]),
    title: text(body, "commit_title"),
    message: text(body, "commit_message"),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const sha = await merge(world, by, pullOf(asked), options);
  return ok({ sha, merged: true, message: "Pull Request successfully merged" });
}

const here = (asked: AskedOf, rest: string): string => `/repos/${asked.repo.fullName}/pulls/${number(asked)}/${rest}`;

export const pullRoutes = routes<AskedOf>({
  "GET /pulls": listPulls,
  "POST /pulls": createPull,
  "GET /pulls/:number": async (asked) => details(asked, pullOf(asked)),
  "PATCH /pulls/:number": patchPull,
  "GET /pulls/:number/files": async (asked) => {
    const issue = pullOf(asked);
    const files = await filesOf(issue);
    return page(asked, here(asked, "files"), files, (file) => fileShape(asked, issue.pull.headSha, file));
  },
  "GET /pulls/:number/commits": async (asked) => {
    const commits = await commitsOf(pullOf(asked));
    const shapes = await Promise.all(commits.map(async (sha) => commitShape(asked.world, asked.repo, sha)));
    return page(asked, here(asked, "commits"), shapes, (shape) => shape);
  },
  "GET /pulls/:number/merge": (asked) => {
    if (pullOf(asked).pull.merged === null) throw notFound();
    return answer(204);
  },
  "PUT /pulls/:number/merge": mergePull,
  "GET /pulls/:number/requested_reviewers": (asked) => {
    const users = pullOf(asked).pull.requested.map((account) => userShape(asked.world, account));
    return ok({ users, teams: [] });
  },
  "POST /pulls/:number/requested_reviewers": (asked) => {
    const issue = pullOf(asked);
    requestReviewers(asked.world, asked.by, issue, requireTexts(asked.body, "reviewers"));
    return answer(201, pullShape(asked.world, issue));
  },
  "DELETE /pulls/:number/requested_reviewers": (asked) => {
    const issue = pullOf(asked);
    const gone = requireTexts(asked.body, "reviewers");
    issue.pull.requested = issue.pull.requested.filter(({ login }) => !gone.includes(login));
    return ok(pullShape(asked.world, issue));
  },
});
