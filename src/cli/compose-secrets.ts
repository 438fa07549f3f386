import type { GitRepository } from "../adapters/git/repository.ts";
import { openSecrets } from "../adapters/secrets/open-secrets.ts";
import type { Settled } from "../config/derive.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { Environment } from "./terminal.ts";

/** Knows the values on this machine that no agent may make public. */
export function composeSecrets(env: Environment, { place }: GitRepository, { agents, setup }: Settled): Secrets {
  const urls = place.origin === null ? [] : [place.origin.fetchUrl, place.origin.pushUrl];
  const names = Object.values(agents).flatMap(({ apiKeyEnv }) => apiKeyEnv ?? []);
  const forSetup = typeof setup === "object" && "env" in setup ? setup.env : [];
  const passed = [...Object.values(agents).flatMap((agent) => agent.env), ...forSetup];
  return openSecrets({ env, names, passed, root: place.mainRoot, urls });
}
