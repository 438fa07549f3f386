import { join } from "node:path";
import { openRepository, type GitRepository, type RepositoryOptions } from "../../src/adapters/git/repository.ts";
import type { GitRepo } from "./git-repo.ts";

/** The adapter on a test's repository, with its state beside it. */
export function opened(repo: GitRepo, options: Partial<RepositoryOptions> = {}): Promise<GitRepository> {
  return openRepository({ root: repo.dir, stateDir: join(repo.temp, "state"), workDir: ".work", ...options });
}
