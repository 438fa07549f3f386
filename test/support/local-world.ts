import { join } from "node:path";
import { openLocalForge } from "../../src/adapters/local-forge/local-forge.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { ForgeWorld } from "../contract/forge.contract.ts";
import { commitInto, type GitRepo, gitIn, gitRepo, type GitRepoOptions } from "./git-repo.ts";
import { opened } from "./open-git.ts";

export interface LocalWorld extends ForgeWorld {
  readonly repo: GitRepo;
  /** Where the pull requests are: origin, or the checkout's repository without one. */
  readonly hub: string;
  /** Another dispatcher: in a clone of its own where there is an origin. */
  openOther(): Promise<Forge>;
}

const TEXT = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
const clock = { now: () => Date.UTC(2026, 0, 2) };

/** The local forge on real repositories. Nobody has the base checked out where the pull requests are. */
export async function localWorld(options: GitRepoOptions = {}): Promise<LocalWorld> {
  const repo = await gitRepo({ "a.txt": TEXT, "b.txt": "base\n" }, options);
  const { base, temp } = repo;
  const hub = repo.origin ?? repo.dir;
  if (options.origin === "work" || options.origin === null) await gitIn(hub, "switch", "-q", "--detach");
  let clones = 0;

  const openIn = async (root: string, stateDir: string): Promise<Forge> =>
    openLocalForge({ repository: await opened(repo, { root, stateDir, base }), clock, by: "dispatch" });

  return {
    repo,
    hub,
    base,
    forge: await openIn(repo.dir, join(temp, "state")),
    async openOther() {
      clones += 1;
      const clone = join(temp, `clone-${clones}`);
      if (repo.origin !== null) await gitIn(temp, "clone", "-q", "--template=", hub, clone);
      return openIn(repo.origin === null ? repo.dir : clone, join(temp, `state-${clones}`));
    },
    async commit(branch, files) {
      const request = { branch, base, message: `on ${branch}`, files };
      const commit = await commitInto(hub, request);
      // Our own branches are made here and pushed; the base is somebody else's.
      if (branch === base || hub === repo.dir) return commit;
      // The same commit again, unless it stands on what only origin has.
      const here = await commitInto(repo.dir, request).catch(() => null);
      if (here !== commit) await repo.git("fetch", "-q", hub, `+refs/heads/${branch}:refs/heads/${branch}`);
      return commit;
    },
    async place(branch, commit) {
      await gitIn(hub, "update-ref", `refs/heads/${branch}`, commit);
    },
    async readBase() {
      const [commit = "", ...parents] = (await gitIn(hub, "log", "-1", "--format=%H %P", base)).split(" ");
      return { commit, parents: parents.filter(Boolean) };
    },
    async readFile(commit, path) {
      return gitIn(hub, "cat-file", "blob", `${commit}:${path}`).then(
        (text) => `${text}\n`,
        (error: unknown) => {
          if (/does not exist/.test(String(error))) return null;
          throw error;
        },
      );
    },
    async mergeElsewhere(branch) {
      const tree = await gitIn(hub, "merge-tree", "--write-tree", base, branch);
      const commit = await gitIn(hub, "commit-tree", tree, "-p", base, "-p", branch, "-m", "merged by hand");
      await gitIn(hub, "update-ref", `refs/heads/${base}`, commit);
      return commit;
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}
