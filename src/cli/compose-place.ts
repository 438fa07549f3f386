import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryId } from "../adapters/git/identity.ts";
import { type Place, requireRepository } from "../adapters/git/place.ts";
import { openRepository, type GitRepository, type Membership } from "../adapters/git/repository.ts";
import type { LoadedConfig } from "../config/load.ts";
import { findGitHub, gitLogin, type GitHubAccess } from "./compose-github.ts";
import type { CliContext } from "./context.ts";
import { readHomeMarker, withHome } from "./demo/home-marker.ts";
import { homeOf } from "./desk/home.ts";
import type { Environment } from "./terminal.ts";

/** A repository, and where its state is or will be; nothing is made yet. */
export interface StatePlace {
  readonly place: Place;
  /** With the home that the repository keeps to itself, if it has one. */
  readonly env: Environment;
  readonly home: string;
  readonly stateDir: string;
  readonly identity: "origin" | "folder";
}

export async function findState({ cwd, env: outside }: Pick<CliContext, "cwd" | "env">): Promise<StatePlace> {
  const place = await requireRepository(cwd, outside);
  const own = await readHomeMarker(place.commonDir);
  const env = own === null ? outside : withHome(outside, own);
  const home = homeOf(env, isRoot());
  const isShared = (env["DISPATCH_DATABASE_URL"] ?? "") !== "";
  const identity = isShared ? "origin" : "folder";
  return { place, env, home, identity, stateDir: join(home, "repos", repositoryId(place, identity)) };
}

export async function ensureState({ home, stateDir }: StatePlace): Promise<void> {
  // PostgreSQL refuses root, and the user that it runs as has to get to its data.
  await mkdir(home, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
}

export interface OpenPlace extends StatePlace {
  readonly gitHub: GitHubAccess | null;
  readonly repository: GitRepository;
}

export async function openPlace(
  context: CliContext,
  { config }: LoadedConfig,
  membership: Membership,
): Promise<OpenPlace> {
  const found = await findState(context);
  await ensureState(found);
  const { cwd, signal } = context;
  const { workDir, base } = config;
  const among = found.identity === "origin" ? { membership } : {};
  const gitHub = findGitHub(config, found.place, found.env);
  const login = (gitHub === null ? null : gitLogin(gitHub, found.place)) ?? undefined;
  const repository = await openRepository({ root: cwd, workDir, base, signal, login, ...found, ...among });
  return { ...found, gitHub, repository };
}

const isRoot = (): boolean => process.getuid?.() === 0;
