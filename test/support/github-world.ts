import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openGitHub, type GitHub as Client } from "../../src/adapters/github/client.ts";
import { readCredentials } from "../../src/adapters/github/credentials.ts";
import { openGitHubForge } from "../../src/adapters/github/github-forge.ts";
import { addressesOf, requireSlug } from "../../src/adapters/github/slug.ts";
import { openRepository } from "../../src/adapters/git/repository.ts";
import { systemClock } from "../../src/cli/desk/system-clock.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { ForgeWorld } from "../contract/forge.contract.ts";
import { gitHub } from "./github/index.ts";
import type { GitHub, GitHubOptions, Repository } from "./github/types.ts";

const run = promisify(execFile);

export interface GitHubWorld extends ForgeWorld {
  readonly hub: GitHub;
  readonly repo: Repository;
  /** The forge with the token of this person; the world's own is ada's. */
  forgeOf(login: string, issues?: string | null, accounts?: readonly string[]): Promise<Forge>;
  /** `accounts`: that are ours, too. */
  client(login: string, accounts?: readonly string[]): Client;
}

/** The stand-in answers at once or never. */
const HASTY = { ...systemClock, wait: async () => await Promise.resolve(true) };

/** The stand-in with one repository, a clone of it, and the forge of ada, who is its admin. */
export async function gitHubWorld(options: GitHubOptions & { readonly issues?: string } = {}): Promise<GitHubWorld> {
  const temp = realpathSync(mkdtempSync(join(tmpdir(), "github-world-")));
  const hub = await gitHub(options);
  const files = { "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b.txt": "base\n" };
  const repo = await hub.repository("acme/widgets", { files });
  const root = join(temp, "clone");
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", args, { env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" } })).stdout.trimEnd();
  await git("clone", "-q", repo.bare, root);
  const stateDir = join(temp, "state");
  await mkdir(stateDir);
  const repository = await openRepository({ root, stateDir, workDir: ".work", base: "main" });
  const bare = async (...args: string[]): Promise<string> => await git("-C", repo.bare, ...args);

  const client = (login: string, accounts: readonly string[] = []): Client => {
    const env = hub.env(login);
    const addresses = addressesOf({ ...env });
    const slug = requireSlug({ pushUrl: repo.cloneUrl }, addresses.server);
    const credentials = readCredentials({ ...env }, slug, addresses);
    const { signal } = new AbortController();
    return openGitHub({ slug, addresses, credentials, accounts, clock: HASTY, signal, retryMs: 1 });
  };
  const forgeOf: GitHubWorld["forgeOf"] = async (login, issues = null, accounts = []) =>
    openGitHubForge({ github: client(login, accounts), repository, issues });
  const ada = repo.as("ada");
  return {
    ...{ hub, repo, client, forgeOf },
    forge: await forgeOf("ada", options.issues ?? null),
    base: "main",
    async commit(branch, changed) {
      const commit = await ada.push(branch, changed, "work");
      // Whoever opens a pull request has made its commits here.
      await git("-C", root, "fetch", "-q", "origin", `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
      return commit;
    },
    async place(branch, commit) {
      await bare("update-ref", `refs/heads/${branch}`, commit);
    },
    async readBase() {
      const [commit = "", ...parents] = (await bare("rev-list", "--parents", "-1", "main")).split(" ");
      return { commit, parents };
    },
    readFile: async (commit, path) =>
      await bare("show", `${commit}:${path}`).then(
        (text) => `${text}\n`,
        () => null,
      ),
    async mergeElsewhere(branch) {
      const pull = (await repo.pulls()).find(({ head }) => head.ref === branch);
      if (pull === undefined) throw new Error(`${branch} has no pull request`);
      return await repo.as("bob").merge(pull.number);
    },
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await rm(temp, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
