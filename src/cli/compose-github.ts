import { openGitHub, type Credentials, type GitHub } from "../adapters/github/client.ts";
import { readCredentials } from "../adapters/github/credentials.ts";
import { type Addresses, addressesOf, requireSlug, type Slug } from "../adapters/github/slug.ts";
import type { Place } from "../adapters/git/place.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Clock } from "../ports/clock.ts";
import type { Environment } from "./terminal.ts";

/** The repository on GitHub, and who we are there. */
export interface GitHubAccess {
  readonly slug: Slug;
  readonly addresses: Addresses;
  readonly credentials: Credentials;
  /** Of ours, beside that of the token. */
  readonly accounts: readonly string[];
}

type Kept = Pick<LoadedConfig["config"], "forge" | "backlog" | "accounts">;

/** The label of the issues that are the backlog; null where there are none. */
export const issueLabel = ({ backlog }: Pick<Kept, "backlog">): string | null =>
  backlog.flatMap((source) => ("github" in source ? [source.github.label] : []))[0] ?? null;

/** null where nothing of the configuration is on GitHub. Without a token it is found all the same: not every command asks. */
export function findGitHub(config: Kept, { origin }: Pick<Place, "origin">, env: Environment): GitHubAccess | null {
  if (config.forge !== "github" && issueLabel(config) === null) return null;
  const addresses = addressesOf(env);
  const slug = requireSlug(origin, addresses.server);
  return { slug, addresses, credentials: readCredentials(env, slug, addresses), accounts: config.accounts };
}

export { receiveDeliveries } from "../adapters/github/deliveries.ts";

export const openClient = (access: GitHubAccess, clock: Clock, signal: AbortSignal): GitHub =>
  openGitHub({ ...access, clock, signal });

/** What lets git in where we have a token: in its environment, so that it is stored nowhere. */
export function gitLogin(
  { addresses, credentials }: GitHubAccess,
  { origin }: Pick<Place, "origin">,
): (() => Promise<Readonly<Record<string, string>>>) | null {
  const { server } = addresses;
  if (origin === null || !origin.pushUrl.startsWith(`${server}/`) || !credentials.isThere) return null;
  return async () => {
    const word = Buffer.from(`x-access-token:${await credentials.fetchToken()}`).toString("base64");
    return {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${server}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${word}`,
    };
  };
}
