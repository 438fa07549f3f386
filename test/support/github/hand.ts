import { createCheckRun, addStatus } from "./state/checks.ts";
import { ACTIONS_LOGIN, accountOf, requirePermission } from "./state/accounts.ts";
import { commitFiles, moveRef } from "./state/git.ts";
import * as issues from "./state/issues.ts";
import { addLabels, removeLabel } from "./state/labels.ts";
import { merge, mergeWhenGreen } from "./state/merge.ts";
import type { Actor, Repo, World } from "./state/model.ts";
import { findPull, openPull, requestReviewers, setDraft } from "./state/pulls.ts";
import { fork } from "./state/repositories.ts";
import { addReview, findReviewComment, reply, resolve } from "./state/reviews.ts";
import { sync, syncAll } from "./state/sync.ts";
import { readNodeId } from "./shape/basics.ts";
import type { Hand, Repository } from "./types.ts";

/** A person at work, without HTTP; what GitHub would refuse them rejects here. */
export function handOf(world: World, repo: Repo, login: string, handle: (repo: Repo) => Repository): Hand {
  const account = accountOf(world, login);
  const by: Actor = { account, via: "hand" };
  const threads = () => repo.issues.flatMap(({ pull }) => pull?.threads ?? []);

  /** One deed on what is there now, and what follows from it. */
  async function deed<T>(work: () => T | Promise<T>): Promise<T> {
    return world.turn(async () => {
      await syncAll(world, repo);
      const done = await work();
      await sync(world, repo, account);
      await mergeWhenGreen(world, repo);
      return done;
    });
  }

  return {
    login,
    openIssue: async (draft) => deed(() => issues.openIssue(world, repo, by, draft).number),
    editIssue: async (number, change) =>
      deed(() => issues.changeIssue(world, by, issues.findIssue(repo, number), change)),
    labelIssue: async (number, ...labels) => deed(() => addLabels(world, by, issues.findIssue(repo, number), labels)),
    unlabelIssue: async (number, ...labels) =>
      deed(() => {
        for (const label of labels) removeLabel(world, by, issues.findIssue(repo, number), label);
      }),
    assign: async (number, ...logins) => deed(() => issues.assign(world, by, issues.findIssue(repo, number), logins)),
    comment: async (number, body) => deed(() => issues.addComment(world, by, issues.findIssue(repo, number), body).id),
    editComment: async (id, body) => deed(() => issues.editComment(world, by, issues.findComment(repo, id), body)),
    openPullRequest: async (draft) => deed(async () => (await openPull(world, repo, by, draft)).number),
    markReady: async (number) => deed(() => setDraft(world, by, findPull(repo, number), false)),
    requestReview: async (number, ...logins) => deed(() => requestReviewers(world, by, findPull(repo, number), logins)),
    review: async (number, draft) => deed(async () => (await addReview(world, by, findPull(repo, number), draft)).id),
    reply: async (commentId, body) =>
      deed(() => reply(world, by, findReviewComment(threads(), commentId).thread, body).id),
    resolve: async (threadId) =>
      deed(() => {
        const thread = threads().find(({ id }) => id === readNodeId(threadId)?.id);
        if (thread === undefined) throw new Error(`no thread ${threadId}`);
        resolve(by, thread, true);
      }),
    merge: async (number, options = {}) => deed(async () => merge(world, by, findPull(repo, number), options)),
    close: async (number, reason = "completed") =>
      deed(() =>
        issues.changeIssue(world, by, issues.findIssue(repo, number), { state: "closed", stateReason: reason }),
      ),
    reopen: async (number) => deed(() => issues.reopenIssue(world, by, issues.findIssue(repo, number))),
    push: async (branch, files, message = `${login} was here`) =>
      deed(async () => {
        requirePermission(repo, account, "write");
        const from = repo.heads.get(branch) ?? repo.heads.get(repo.defaultBranch) ?? null;
        return commitFiles(repo.dir, { branch, from, message, files, by: account, at: world.now() });
      }),
    deleteBranch: async (branch) =>
      deed(async () => {
        requirePermission(repo, account, "write");
        await moveRef(repo.dir, `refs/heads/${branch}`, null, repo.heads.get(branch) ?? "");
      }),
    setPermission(who, permission) {
      requirePermission(repo, account, "admin");
      repo.permissions.set(accountOf(world, who).login, permission);
    },
    check: async (sha, name, conclusion) =>
      deed(() => {
        const ci: Actor = { account: accountOf(world, ACTIONS_LOGIN), via: "hand" };
        createCheckRun(world, repo, ci, { name, conclusion }, sha);
      }),
    status: async (sha, context, state) => deed(() => void addStatus(world, repo, by, sha, { context, state })),
    fork: async () => handle(await world.turn(async () => fork(world, repo, account))),
  };
}
