import { accountOf, may } from "../state/accounts.ts";
import type { Account, Repo, World } from "../state/model.ts";
import { nodeId, repoApi, repoHtml, userShape } from "./basics.ts";

function ownerShape(world: World, repo: Repo) {
  return { ...userShape(world, accountOf(world, repo.owner)), type: repo.forkOf === null ? "Organization" : "User" };
}

/** As it stands in pull requests and webhooks. */
export function repositoryShape(world: World, repo: Repo) {
  const hidden = repo.options.private === true;
  return {
    id: repo.id,
    node_id: nodeId("R", repo.id),
    name: repo.name,
    full_name: repo.fullName,
    private: hidden,
    owner: ownerShape(world, repo),
    html_url: repoHtml(world, repo),
    description: null,
    fork: repo.forkOf !== null,
    url: repoApi(world, repo),
    clone_url: `${repoHtml(world, repo)}.git`,
    default_branch: repo.defaultBranch,
    visibility: hidden ? "private" : "public",
    archived: false,
    disabled: false,
    has_issues: true,
    open_issues_count: repo.issues.filter(({ state }) => state === "open").length,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    pushed_at: "2026-01-01T00:00:00Z",
  };
}

/** As `GET /repos/…` answers one account. */
export function fullRepositoryShape(world: World, repo: Repo, asker: Account) {
  return {
    ...repositoryShape(world, repo),
    permissions: {
      admin: may(repo, asker, "admin"),
      maintain: may(repo, asker, "maintain"),
      push: may(repo, asker, "write"),
      triage: may(repo, asker, "triage"),
      pull: may(repo, asker, "read"),
    },
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: false,
    allow_auto_merge: repo.options.allowAutoMerge === true,
    delete_branch_on_merge: false,
    ...(repo.forkOf === null ? {} : { parent: repositoryShape(world, repo.forkOf) }),
  };
}
