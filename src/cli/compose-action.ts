import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makeCheckout } from "../adapters/git/base-checkout.ts";
import { requireRepository } from "../adapters/git/place.ts";
import { openRepository } from "../adapters/git/repository.ts";
import { openHub } from "../adapters/github/hub.ts";
import type { Hub } from "../ports/hub.ts";
import { findGitHub, gitLogin, openClient } from "./compose-github.ts";
import { systemClock } from "./desk/system-clock.ts";
import type { Environment } from "./terminal.ts";

export interface ActionPlace {
  /** The checkout that the workflow made, of whatever it liked. */
  readonly cwd: string;
  readonly env: Environment;
  /** A folder of our own for this run. */
  readonly temp: string;
  readonly signal: AbortSignal;
}

export interface ActionTools {
  readonly hub: Hub;
  /** The same, where these are ours, too. */
  hubOf(accounts: readonly string[]): Hub;
  /** The base as origin has it now, in a folder of its own: configuration, backlog and prompts are read there. */
  checkOutBase(branch: string | undefined): Promise<string>;
}

/** What the Action needs before there is a desk. */
export async function openActionTools({ cwd, env, temp, signal }: ActionPlace): Promise<ActionTools> {
  const place = await requireRepository(cwd, { ...env });
  const access = findGitHub({ forge: "github", backlog: [], accounts: [] }, place, env);
  if (access === null) throw new Error("GitHub was asked for, and not looked for");
  const hubOf: ActionTools["hubOf"] = (accounts) => openHub(openClient({ ...access, accounts }, systemClock, signal));
  return {
    ...{ hub: hubOf([]), hubOf },
    async checkOutBase(base) {
      const stateDir = join(temp, "looking");
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      const login = gitLogin(access, place) ?? undefined;
      const opening = { root: cwd, place, stateDir, workDir: ".work", base, env: { ...env }, login, signal };
      const repository = await openRepository(opening);
      const { commit } = await repository.fetchBase();
      return await makeCheckout(repository.doors, commit, temp);
    },
  };
}
