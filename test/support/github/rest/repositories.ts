import { repoApi, userShape } from "../shape/basics.ts";
import { installationShape } from "./apps.ts";
import { fullRepositoryShape } from "../shape/repository.ts";
import { permissionOf, requirePermission } from "../state/accounts.ts";
import { git, moveRef } from "../state/git.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import { sync } from "../state/sync.ts";
import { requireText, type Body } from "./body.ts";
import { answer, ok, page, param, routes, type Answer, type AskedOf } from "./route.ts";

function branchShape({ repo, world }: AskedOf, name: string, sha: string) {
  const commit = { sha, url: `${repoApi(world, repo)}/commits/${sha}` };
  return { name, commit, protected: repo.protections.has(name) };
}

function refShape({ repo, world }: AskedOf, branch: string, sha: string) {
  const object = { type: "commit", sha, url: `${repoApi(world, repo)}/git/commits/${sha}` };
  return {
    ref: `refs/heads/${branch}`,
    node_id: `REF_${branch}`,
    url: `${repoApi(world, repo)}/git/refs/heads/${branch}`,
    object,
  };
}

/** `heads/…` of the path; other refs are nobody's business here. */
function requireBranch(asked: AskedOf): { readonly name: string; readonly sha: string } {
  const [, name = ""] = /^heads\/(.+)$/.exec(param(asked, "ref")) ?? [];
  const sha = asked.repo.heads.get(name);
  if (sha === undefined) throw notFound();
  return { name, sha };
}

function permission(asked: AskedOf): Answer {
  const account = asked.world.accounts.get(param(asked, "login"));
  // A person who may not push may not ask; an App's token, or a job's, needs no more than to see the repository.
  requirePermission(asked.repo, asked.account, asked.account.kind === "user" ? "write" : "read");
  if (account === undefined || account.kind !== "user") {
    throw new Refusal(404, `${param(asked, "login")} is not a user`);
  }
  const role = permissionOf(asked.repo, account);
  // The old word knows no maintain and no triage.
  const old = role === "maintain" ? "write" : role === "triage" ? "read" : role;
  return ok({ permission: old, role_name: role, user: userShape(asked.world, account) });
}

function dispatch(asked: AskedOf): Answer {
  const { repo, account, body, world } = asked;
  requirePermission(repo, account, "write");
  const ref = requireText(body, "ref");
  if (!repo.heads.has(ref.replace(/^refs\/heads\//, ""))) throw new Refusal(422, `No ref found for: ${ref}`);
  const inputs = (body["inputs"] ?? {}) as Body;
  repo.dispatches.push({ workflow: param(asked, "workflow"), ref, inputs, by: account.login });
  const payload = { ref, inputs, workflow: `.github/workflows/${param(asked, "workflow")}` };
  world.emit({ repo, event: "workflow_dispatch", action: null, by: account, payload });
  return answer(204);
}

async function contents(asked: AskedOf): Promise<Answer> {
  const { repo, query, world } = asked;
  const path = param(asked, "path");
  const ref = query.get("ref") ?? repo.defaultBranch;
  const text = ref.startsWith("-")
    ? null
    : await git(repo.dir, ["cat-file", "blob", `${ref}:${path}`]).catch(() => null);
  if (text === null) throw notFound();
  const sha = await git(repo.dir, ["rev-parse", `${ref}:${path}`]);
  const content = Buffer.from(`${text}\n`).toString("base64");
  const url = `${repoApi(world, repo)}/contents/${path}?ref=${ref}`;
  const name = path.split("/").at(-1);
  return ok({ type: "file", encoding: "base64", size: text.length + 1, name, path, content, sha, url });
}

export const repositoryRoutes = routes<AskedOf>({
  "GET ": (asked) => ok(fullRepositoryShape(asked.world, asked.repo, asked.account)),
  "GET /installation": ({ world }) => ok(installationShape(world)),
  "GET /collaborators": (asked) => {
    requirePermission(asked.repo, asked.account, "write");
    const logins = [...asked.repo.permissions].filter(([, level]) => level !== "none").map(([login]) => login);
    const accounts = logins.map((login) => asked.world.accounts.get(login)).filter((one) => one !== undefined);
    return page(asked, `/repos/${asked.repo.fullName}/collaborators`, accounts, (one) => userShape(asked.world, one));
  },
  "GET /collaborators/:login": (asked) => {
    requirePermission(asked.repo, asked.account, "write");
    if ((asked.repo.permissions.get(param(asked, "login")) ?? "none") === "none") throw notFound();
    return answer(204);
  },
  "GET /collaborators/:login/permission": permission,
  "GET /assignees/:login": (asked) => {
    if ((asked.repo.permissions.get(param(asked, "login")) ?? "none") === "none") throw notFound();
    return answer(204);
  },
  "GET /branches": (asked) =>
    page(asked, `/repos/${asked.repo.fullName}/branches`, [...asked.repo.heads], ([name, sha]) =>
      branchShape(asked, name, sha),
    ),
  "GET /branches/:name*": (asked) => {
    const sha = asked.repo.heads.get(param(asked, "name"));
    if (sha === undefined) throw new Refusal(404, "Branch not found");
    return ok(branchShape(asked, param(asked, "name"), sha));
  },
  "GET /git/ref/:ref*": (asked) => {
    const { name, sha } = requireBranch(asked);
    return ok(refShape(asked, name, sha));
  },
  "GET /git/matching-refs/:ref*": (asked) => {
    const prefix = param(asked, "ref").replace(/^heads\//, "");
    const found = [...asked.repo.heads].filter(([name]) => name.startsWith(prefix));
    return ok(found.map(([name, sha]) => refShape(asked, name, sha)));
  },
  "DELETE /git/refs/:ref*": async (asked) => {
    requirePermission(asked.repo, asked.account, "write");
    const { name, sha } = requireBranch(asked);
    await moveRef(asked.repo.dir, `refs/heads/${name}`, null, sha);
    await sync(asked.world, asked.repo, asked.account);
    return answer(204);
  },
  "GET /contents/:path*": contents,
  "POST /actions/workflows/:workflow/dispatches": dispatch,
});
