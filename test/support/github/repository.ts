import { handOf } from "./hand.ts";
import { checkRunView, commentView, issueView, pullView, reviewView, statusView, threadView } from "./read.ts";
import { repoHtml } from "./shape/basics.ts";
import { accountOf } from "./state/accounts.ts";
import { findIssue } from "./state/issues.ts";
import type { Repo, World } from "./state/model.ts";
import { findPull } from "./state/pulls.ts";
import { refusePush } from "./state/repositories.ts";
import { syncAll } from "./state/sync.ts";
import { isPull } from "./state/tell.ts";
import type { Repository } from "./types.ts";

const handles = new WeakMap<Repo, Repository>();

/** The same one for the same repository. */
export function handleOf(world: World, repo: Repo): Repository {
  const known = handles.get(repo) ?? makeHandle(world, repo);
  handles.set(repo, known);
  return known;
}

function makeHandle(world: World, repo: Repo): Repository {
  /** After a look at what is on disk. */
  async function look<T>(read: () => T | Promise<T>): Promise<T> {
    return world.turn(async () => {
      await syncAll(world, repo);
      return read();
    });
  }

  return {
    fullName: repo.fullName,
    cloneUrl: `${repoHtml(world, repo)}.git`,
    htmlUrl: repoHtml(world, repo),
    bare: repo.dir,
    defaultBranch: repo.defaultBranch,
    dispatches: repo.dispatches,
    as: (login) => handOf(world, repo, login, (other) => handleOf(world, other)),
    setPermission: (login, permission) => void repo.permissions.set(accountOf(world, login).login, permission),
    protect: (branch, protection) => void repo.protections.set(branch, protection),
    refusePush: async (branch, message) => refusePush(repo, branch, message),
    head: async (branch) => look(() => repo.heads.get(branch) ?? null),
    issues: async () => look(() => repo.issues.filter(({ pull }) => pull === null).map(issueView)),
    pulls: async () => look(async () => Promise.all(repo.issues.filter(isPull).map(pullView))),
    issue: async (number) => look(() => issueView(findIssue(repo, number))),
    pull: async (number) => look(async () => pullView(findPull(repo, number))),
    comments: async (number) =>
      look(() => {
        const of = number === undefined ? repo.issues : [findIssue(repo, number)];
        return of.flatMap(({ comments }) => comments.map(commentView));
      }),
    reviews: async (number) =>
      look(() => {
        const { reviews, threads } = findPull(repo, number).pull;
        // GitHub makes one for each reply; nobody means those.
        const all = threads.flatMap(({ comments }) => comments.slice(1));
        const replies = new Set(all.map(({ review }) => review));
        return reviews.filter((review) => !replies.has(review)).map(reviewView);
      }),
    threads: async (number) => look(() => findPull(repo, number).pull.threads.map(threadView)),
    checkRuns: async (sha) =>
      look(() => repo.checkRuns.filter((run) => sha === undefined || run.sha === sha).map(checkRunView)),
    statuses: async (sha) =>
      look(() => repo.statuses.filter((status) => sha === undefined || status.sha === sha).map(statusView)),
    labels: async () => look(() => [...repo.labels.values()].map(({ name }) => name)),
  };
}
