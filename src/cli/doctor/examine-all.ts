import type { LoadedConfig } from "../../config/load.ts";
import { DispatchError } from "../../domain/errors.ts";
import { bad, examine, type Finding } from "./finding.ts";
import type { Host } from "./host.ts";
import { disk, git, node, postgres, state } from "./machine.ts";
import { agents, backlog, base, checks, configuration, fence, gitHub, repository, trust } from "./project.ts";

export interface Patient {
  readonly host: Host;
  readonly home: string;
  readonly cwd: string;
  /** Rejects when the configuration is wrong. */
  readonly readConfig: () => Promise<LoadedConfig>;
}

/** Every precondition, in the order in which they should be mended. */
export async function examineAll({ host, home, cwd, readConfig }: Patient): Promise<readonly Finding[]> {
  const config = await readConfig().catch((error: unknown) => {
    if (error instanceof DispatchError) return error;
    throw error;
  });
  const loaded = config instanceof DispatchError ? null : config;
  // Why it cannot be asked is told below.
  const own = await host.requireRepository().then(
    (found) => found.home ?? null,
    () => null,
  );
  const findings = [
    await node(),
    await examine("git", () => git(host)),
    await examine("repository", () => repository(host)),
    await examine("base", () => base(host, loaded)),
    await examine("postgres", () => postgres(host, own !== null)),
    await examine("state", () => state(own ?? home)),
    await examine("disk", () => disk([cwd, own ?? home])),
  ];
  if (config instanceof DispatchError) return [...findings, bad("config", config.message, config.hint)];
  return [
    ...findings,
    configuration(config),
    backlog(config),
    ...(await agents(host, config)),
    checks(config),
    ...(await gitHub(host, config)),
    ...(await trust(host, config)),
    await fence(host, config),
  ];
}
