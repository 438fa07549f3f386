import { nodeId, repoApi, repoHtml, userShape } from "../shape/basics.ts";
import { mergeBase, commitOf, git, listCommits } from "../state/git.ts";
import { diffOf } from "../state/diff.ts";
import type { Repo, World } from "../state/model.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import { isPull } from "../state/tell.ts";
import { pullShape } from "../shape/pull.ts";
import { ok, param, routes, type Answer, type AskedOf } from "./route.ts";

/** The commit of a branch, a tag or an id. */
export async function requireCommit(repo: Repo, name: string): Promise<string> {
  const sha = await commitOf(repo.dir, name);
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

export async function commitShape(world: World, repo: Repo, sha: string) {
  const out = await git(repo.dir, ["log", "-1", "--format=%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B", sha]);
  const [tree = "", parents = "", an = "", ae = "", at = "", cn = "", ce = "", ct = "", ...message] = out.split("\n");
  const url = (id: string): string => `${repoApi(world, repo)}/commits/${id}`;
  const person = (name: string) => {
    const account = world.accounts.get(name);
    return account === undefined ? null : userShape(world, account);
  };
  return {
    sha,
    node_id: nodeId("C", Number.parseInt(sha.slice(0, 8), 16)),
    url: url(sha),
    html_url: `${repoHtml(world, repo)}/commit/${sha}`,
    comments_url: `${url(sha)}/comments`,
    commit: {
      url: `${repoApi(world, repo)}/git/commits/${sha}`,
      author: { name: an, email: ae, date: at },
      committer: { name: cn, email: ce, date: ct },
      message: message.join("\n").trimEnd(),
      tree: { sha: tree, url: `${repoApi(world, repo)}/git/trees/${tree}` },
      comment_count: 0,
    },
    author: person(an),
    committer: person(cn),
    parents: parents
      .split(" ")
      .filter(Boolean)
      .map((id) => ({ sha: id, url: url(id) })),
  };
}

async function compare(asked: AskedOf): Promise<Answer> {
  const { repo, world } = asked;
  const [from = "", to = ""] = param(asked, "range").split("...");
  const base = await commitOf(repo.dir, from);
  const head = await commitOf(repo.dir, to);
  if (base === null || head === null) throw notFound();
  const common = await mergeBase(repo.dir, base, head);
  if (common === null) throw notFound();
  const ahead = await listCommits(repo.dir, head, base);
  const behind = await listCommits(repo.dir, base, head);
  const files = await diffOf(repo.dir, base, head);
  const status =
    ahead.length > 0 ? (behind.length > 0 ? "diverged" : "ahead") : behind.length > 0 ? "behind" : "identical";
  return ok({
    url: `${repoApi(world, repo)}/compare/${from}...${to}`,
    base_commit: await commitShape(world, repo, base),
    merge_base_commit: await commitShape(world, repo, common),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: await Promise.all(ahead.map(async (sha) => commitShape(world, repo, sha))),
    files: files.map(({ path, status: change, additions, deletions, patch }) => ({
      filename: path,
      status: change,
      additions,
      deletions,
      changes: additions + deletions,
      ...(patch === null ? {} : { patch }),
    })),
  });
}

export const commitRoutes = routes<AskedOf>({
  "GET /compare/:range*": compare,
  "GET /commits/:ref": async (asked) =>
    ok(await commitShape(asked.world, asked.repo, await requireCommit(asked.repo, param(asked, "ref")))),
  "GET /commits/:ref/pulls": async (asked) => {
    const sha = await requireCommit(asked.repo, param(asked, "ref"));
    const pulls = asked.repo.issues.filter(isPull);
    const found = pulls.filter(({ pull }) => pull.headSha === sha || pull.merged?.commit === sha);
    return ok(found.map((issue) => pullShape(asked.world, issue)));
  },
});
