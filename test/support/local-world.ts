import { join } from "node:path";
import { openLocalForge } from "../../src/adapters/local-forge/local-forge.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { ForgeWorld } from "../contract/forge.contract.ts";
import { type GitRepo, gitIn, gitRepo, type GitRepoOptions, writeFiles } from "./git-repo.ts";
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
  const author = join(temp, "author");
  await gitIn(temp, "clone", "-q", hub, author);
  let clones = 0;

  const openIn = async (root: string, stateDir: string): Promise<Forge> =>
    openLocalForge({ repository: await opened(repo, { root, stateDir, base }), clock, by: "dispatch" });

  /** The author's checkout at the newest state of a branch. */
  const visit = async (branch: string): Promise<void> => {
    await gitIn(author, "fetch", "-q", "origin");
    const known = await gitIn(author, "branch", "-r", "--list", `origin/${branch}`);
    await gitIn(
      author,
      "switch",
      "-q",
      "--no-track",
      "-C",
      branch,
      known === "" ? `origin/${base}` : `origin/${branch}`,
    );
  };

  const publish = async (branch: string): Promise<string> => {
    await gitIn(author, "push", "-q", "origin", `HEAD:refs/heads/${branch}`);
    // Our own branches are made here and pushed; the base is somebody else's.
    if (branch !== base && hub !== repo.dir) await repo.git("fetch", "-q", author, `+HEAD:refs/heads/${branch}`);
    return gitIn(author, "rev-parse", "HEAD");
  };

  return {
    repo,
    hub,
    base,
    forge: await openIn(repo.dir, join(temp, "state")),
    async openOther() {
      clones += 1;
      const clone = join(temp, `clone-${clones}`);
      if (repo.origin !== null) await gitIn(temp, "clone", "-q", hub, clone);
      return openIn(repo.origin === null ? repo.dir : clone, join(temp, `state-${clones}`));
    },
    async commit(branch, files) {
      await visit(branch);
      await writeFiles(author, files);
      await gitIn(author, "add", "-A");
      await gitIn(author, "commit", "-q", "-m", `on ${branch}`);
      return publish(branch);
    },
    async readBase() {
      const [commit = "", ...parents] = (await gitIn(hub, "log", "-1", "--format=%H %P", base)).split(" ");
      return { commit, parents: parents.filter(Boolean) };
    },
    async readFile(commit, path) {
      const listed = await gitIn(hub, "ls-tree", "--name-only", commit, "--", path);
      return listed === "" ? null : `${await gitIn(hub, "cat-file", "blob", `${commit}:${path}`)}\n`;
    },
    async mergeElsewhere(branch) {
      await visit(base);
      await gitIn(author, "merge", "-q", "--no-ff", "-m", "merged by hand", `origin/${branch}`);
      return publish(base);
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}
