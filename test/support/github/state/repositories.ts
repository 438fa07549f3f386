import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryOptions } from "../types.ts";
import { addAccount } from "./accounts.ts";
import { commitFiles, git, readHeads } from "./git.ts";
import type { Account, Repo, World } from "./model.ts";

/** Declines pushes to what `refused` names, as a protected branch does. */
const UPDATE_HOOK = `#!/bin/sh
test -f refused || exit 0
while read -r ref message; do
  test "$ref" = "$1" && { echo "error: GH006: $message" >&2; exit 1; }
done < refused
exit 0
`;

interface Origin {
  readonly options: RepositoryOptions;
  readonly users: Readonly<Record<string, Repo["permissions"] extends Map<string, infer P> ? P : never>>;
  readonly forkOf?: Repo;
}

export async function makeRepo(world: World, fullName: string, { options, users, forkOf }: Origin): Promise<Repo> {
  const [owner = "", name = ""] = fullName.split("/");
  const dir = join(world.folder, owner, `${name}.git`);
  const { defaultBranch = "main", from = forkOf?.dir } = options;
  await mkdir(join(world.folder, owner), { recursive: true });
  addAccount(world, owner, "user");
  if (from === undefined) await git(world.folder, ["init", "-q", "--bare", "--template=", "-b", defaultBranch, dir]);
  else await git(world.folder, ["clone", "-q", "--bare", "--template=", from, dir]);
  const config = "[http]\n\treceivepack = true\n[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n";
  appendFileSync(join(dir, "config"), `${config}[receive]\n\thideRefs = refs/pull\n\tautogc = false\n`);
  await mkdir(join(dir, "hooks"), { recursive: true });
  writeFileSync(join(dir, "hooks/update"), UPDATE_HOOK, { mode: 0o755 });
  const files = options.files ?? { "README.md": `# ${name}\n` };
  const first = { branch: defaultBranch, from: null, message: "start", files, by: { login: owner }, at: world.now() };
  if (from === undefined) await commitFiles(dir, first);
  const repo: Repo = {
    id: world.nextId(),
    owner,
    name,
    fullName,
    dir,
    options,
    defaultBranch,
    forkOf: forkOf ?? null,
    permissions: new Map(Object.entries(users)),
    protections: new Map(),
    heads: readHeads(dir),
    pushers: new Map(),
    issues: [],
    labels: new Map(),
    checkRuns: [],
    statuses: [],
    dispatches: [],
  };
  repo.permissions.set(owner, "admin");
  world.repos.set(fullName.toLowerCase(), repo);
  return repo;
}

/** Their own copy, in which nobody else may write. */
export async function fork(world: World, repo: Repo, account: Account): Promise<Repo> {
  const fullName = `${account.login}/${repo.name}`;
  const known = world.repos.get(fullName.toLowerCase());
  return known ?? makeRepo(world, fullName, { options: {}, users: {}, forkOf: repo });
}

export function refusePush({ dir }: Repo, branch: string, message: string | null): void {
  const file = join(dir, "refused");
  if (message === null) rmSync(file, { force: true });
  else writeFileSync(file, `refs/heads/${branch} ${message}\n`);
}
