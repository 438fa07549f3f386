import { reachesOf } from "../../config/policy.ts";
import type { Settled } from "../../config/derive.ts";
import type { Reach } from "../../domain/authorize.ts";
import type { Fence } from "../../ports/sandbox.ts";

const REACHED: readonly (readonly [Reach, what: string])[] = [
  ["open", "this machine's"],
  ["domains", "the hosts of its list"],
  ["model", "its model server"],
];

/** How agents were fenced in, for every pull request. */
export function fenceSentence(config: Pick<Settled, "agents">, fence: Fence): string {
  if (fence.kind === "open")
    return `none: agents ran without a sandbox, as this user, with this machine's files and network (${fence.why})`;
  const reached = REACHED.flatMap(([reach, what]) => {
    const names = agentsWith(config, reach);
    return names.length === 0 ? [] : [`${what} for ${names.join(", ")}`];
  });
  const network = reached.length === 0 ? "no network" : `no network but ${reached.join(" and ")}`;
  const caps = fence.uncapped === null ? "" : `, no cap on ${fence.uncapped.what}`;
  return `bubblewrap: files, home, git and processes of their own, ${network}${caps}`;
}

/** The same, before a run starts; nothing hides it. */
export function fenceNotes(config: Pick<Settled, "agents">, fence: Fence): readonly string[] {
  if (fence.kind === "open")
    return [
      `no fence: agents run as you, with your files and your network, because ${fence.why} (every pull request says so); the fix: ${fence.fix}`,
    ];
  const online = agentsWith(config, "open");
  return [
    ...(online.length === 0
      ? []
      : [`open network: ${online.join(", ")} can reach what this machine can, its loopback too ("network": "none")`]),
    ...(fence.uncapped === null
      ? []
      : [`inside the fence there is no cap on ${fence.uncapped.what}; the fix: ${fence.uncapped.fix}`]),
  ];
}

function agentsWith(config: Pick<Settled, "agents">, wanted: Reach): readonly string[] {
  return Object.entries(reachesOf(config)).flatMap(([name, reach]) => (reach === wanted ? [name] : []));
}
