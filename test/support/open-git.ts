import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Place, requireRepository } from "../../src/adapters/git/place.ts";
import { openRepository, type GitRepository, type RepositoryOptions } from "../../src/adapters/git/repository.ts";
import type { GitRepo } from "./git-repo.ts";

/** The adapter on a test's repository, with its state beside it. */
export async function opened(repo: GitRepo, options: Partial<RepositoryOptions> = {}): Promise<GitRepository> {
  const { root = repo.dir } = options;
  const place = root === repo.dir ? { place: await findPlace(repo) } : {};
  return openRepository({ root, stateDir: join(repo.temp, "state"), workDir: ".work", ...place, ...options });
}

/** Text of the configuration → what was found there; the folder of the test is left out of both. */
const places = new Map<string, string>();

/** Five processes of git would say the same of each repository that is configured alike. */
async function findPlace({ dir, temp }: GitRepo): Promise<Place> {
  const config = (await readFile(join(dir, ".git/config"), "utf8")).replaceAll(temp, "TEMP");
  const found = places.get(config) ?? JSON.stringify(await requireRepository(dir)).replaceAll(temp, "TEMP");
  places.set(config, found);
  return JSON.parse(found.replaceAll("TEMP", temp)) as Place;
}
