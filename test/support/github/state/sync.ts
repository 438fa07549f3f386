import { accountOf, may } from "./accounts.ts";
import { followLine } from "./diff.ts";
import { commitOf, git, isAncestor, moveRef, readHeads } from "./git.ts";
import { closeIssue } from "./issues.ts";
import type { Account, Actor, PullIssue, Repo, World } from "./model.ts";
import { mergeWhenGreen, settleMerged } from "./merge.ts";
import { tellPush } from "./push.ts";
import { dismiss, verdicts } from "./reviews.ts";
import { isPull, tellPull } from "./tell.ts";

interface Move {
  readonly branch: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What happened to the branches on disk since the last look, with all that follows from it. */
export async function sync(world: World, repo: Repo, pusher?: Account): Promise<void> {
  const account = pusher ?? accountOf(world, repo.owner);
  const now = readHeads(repo.dir);
  const moves: Move[] = [...new Set([...repo.heads.keys(), ...now.keys()])]
    .map((branch) => ({ branch, before: repo.heads.get(branch) ?? null, after: now.get(branch) ?? null }))
    .filter(({ before, after }) => before !== after);
  if (moves.length === 0) return;
  const known = new Set(repo.heads.values());
  repo.heads = now;
  for (const move of moves) {
    await remember(world, repo, account, move, known);
    tellPush(world, repo, account, move);
    for (const issue of pullsOf(world)) await follow(world, issue, repo, move, { account, via: "hand" });
  }
}

/** A repository, and the forks whose branches its pull requests come from. */
export async function syncAll(world: World, repo: Repo, pusher?: Account): Promise<void> {
  await sync(world, repo, pusher);
  for (const fork of world.repos.values()) if (fork.forkOf === repo) await sync(world, fork);
}

function pullsOf(world: World): readonly PullIssue[] {
  const all = [...world.repos.values()].flatMap(({ issues }) => issues);
  return all.filter(isPull).filter(({ state }) => state === "open");
}

/** Who brought which commits, and whether a machine threw away what somebody else brought. */
async function remember(world: World, repo: Repo, by: Account, move: Move, known: Set<string>): Promise<void> {
  if (move.after !== null) {
    const fresh = await git(repo.dir, ["rev-list", move.after, "--not", ...known]);
    for (const commit of fresh.split("\n").filter(Boolean)) {
      if (!repo.pushers.has(commit)) repo.pushers.set(commit, by.login);
    }
  }
  if (move.before === null || by.kind === "user") return;
  if ((await commitOf(repo.dir, move.before)) === null) return;
  const kept = move.after === null ? ["--not", "--branches"] : ["--not", move.after];
  const lost = await git(repo.dir, ["rev-list", move.before, ...kept]);
  const owners = lost.split("\n").map((commit) => repo.pushers.get(commit));
  const others = new Set(owners.filter((login) => login !== undefined && login !== by.login));
  for (const login of others) {
    const what = `${by.login} threw away commits of ${login} on ${move.branch}`;
    world.violations.push({ rule: "a human's push is never overwritten", what });
  }
}

async function follow(world: World, issue: PullIssue, repo: Repo, move: Move, by: Actor): Promise<void> {
  const { pull } = issue;
  if (pull.headRepo === repo && pull.headRef === move.branch) {
    if (move.after === null) return closeIssue(world, by, issue, null);
    await followHead(world, issue, by, move.after);
  }
  if (issue.repo !== repo || pull.baseRef !== move.branch || move.after === null) return;
  pull.asked = null;
  if (await isAncestor(repo.dir, pull.headSha, move.after)) settleMerged(world, by, issue, move.after);
}

async function followHead(world: World, issue: PullIssue, by: Actor, after: string): Promise<void> {
  const { repo, pull } = issue;
  const before = pull.headSha;
  await keepHead(issue, after);
  for (const thread of pull.threads.filter(({ side }) => side === "RIGHT")) {
    if (thread.line === null) continue;
    thread.line = await followLine(repo.dir, { path: thread.path, line: thread.line, from: before, to: after });
  }
  Object.assign(pull, { headSha: after, asked: null, baseSha: repo.heads.get(pull.baseRef) ?? pull.baseSha });
  issue.updatedAt = world.stamp();
  tellPull(world, by.account, "synchronize", issue, { before, after });
  if (!may(repo, by.account, "write")) pull.autoMerge = null;
  if (repo.protections.get(pull.baseRef)?.dismissStale !== true) return mergeWhenGreen(world, repo);
  for (const review of verdicts(issue).values()) {
    if (review.state === "APPROVED") dismiss(world, by, review);
  }
}

/** As on GitHub, `refs/pull/N/head` of the base's repository holds it: that is how it gets there from a fork. */
export async function keepHead({ repo, number, pull }: PullIssue, sha: string): Promise<void> {
  const ref = `refs/pull/${number}/head`;
  if (pull.headRepo !== repo) {
    await git(repo.dir, ["fetch", "-q", "--no-tags", pull.headRepo.dir, `+${sha}:${ref}`]);
    return;
  }
  await moveRef(repo.dir, ref, sha, await commitOf(repo.dir, ref));
}
