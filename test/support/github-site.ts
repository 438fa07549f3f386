import { gitHub } from "./github/index.ts";
import type { GitHub, GitHubOptions, Repository } from "./github/types.ts";
import { finished, site, type Finished, type Ran, type Site, type SiteOptions } from "./e2e.ts";

export interface GitHubSite extends AsyncDisposable {
  readonly there: Site;
  readonly hub: GitHub;
  readonly widgets: Repository;
  /** With the token of ada, whose machine it is. */
  dispatch(...args: readonly string[]): Promise<Ran>;
  run(...args: readonly string[]): Promise<Finished>;
  /** What this login wrote by REST on issues, pull requests, comments, labels and checks. */
  writes(login: string): readonly string[];
}

/** A site whose origin is a repository on the stand-in for GitHub: the built command line as a user of GitHub has it. */
export async function gitHubSite(
  options: Omit<SiteOptions, "backlog">,
  hubOptions?: GitHubOptions,
): Promise<GitHubSite> {
  const hub = await gitHub(hubOptions);
  const config = { forge: "github", backlog: [{ github: {} }], ...options.config };
  const there = await site({ ...options, backlog: null, config });
  const from = there.repo.origin ?? "";
  const widgets = await hub.repository("acme/widgets", { from });
  await there.repo.git("remote", "set-url", "origin", widgets.cloneUrl);
  // Elsewhere tests may not leave the disk.
  const env = { ...hub.env("ada"), GIT_ALLOW_PROTOCOL: "file:http" };
  const dispatch = (...args: readonly string[]): Promise<Ran> => there.dispatchWith({ env }, ...args);
  return {
    ...{ there, hub, widgets, dispatch },
    run: async (...args) => finished(await dispatch("--json", "run", ...args)),
    writes: (login) =>
      hub.journal
        .filter((line) => line.login === login && line.method !== "GET" && line.path.startsWith("/repos/"))
        .map(({ method, path }) => `${method} ${path}`),
    async [Symbol.asyncDispose]() {
      await there[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}
