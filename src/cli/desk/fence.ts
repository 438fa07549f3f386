import type { Settled } from "../../config/derive.ts";
import type { Fence } from "../../ports/sandbox.ts";

/** How agents were fenced in, for every pull request. */
export function fenceSentence(config: Pick<Settled, "agents">, fence: Fence): string {
  if (fence.kind === "open")
    return `none: agents ran without a sandbox, as this user, with this machine's files and network (${fence.why})`;
  const online = onlineAgents(config);
  const network = online.length === 0 ? "no network" : `no network but this machine's for ${online.join(", ")}`;
  const caps = fence.uncapped === null ? "" : `, no caps on sizes and numbers (${fence.uncapped})`;
  return `bubblewrap: files, home, git and processes of their own, ${network}${caps}`;
}

/** The same, before a run starts; nothing hides it. */
export function fenceNotes(config: Pick<Settled, "agents">, fence: Fence): readonly string[] {
  if (fence.kind === "open")
    return [
      `no fence: agents run as you, with your files and your network, because ${fence.why} (every pull request says so); the fix: ${fence.fix}`,
    ];
  const online = onlineAgents(config);
  return [
    ...(online.length === 0
      ? []
      : [`open network: ${online.join(", ")} can reach what this machine can, its loopback too ("network": "none")`]),
    ...(fence.uncapped === null ? [] : [`no caps on sizes and numbers inside the fence: ${fence.uncapped}`]),
  ];
}

/** Those for whom the fence leaves the network open: a command unless it is told otherwise. */
function onlineAgents({ agents }: Pick<Settled, "agents">): readonly string[] {
  return Object.entries(agents)
    .filter(
      ([, { engine, network = engine === "command" ? "open" : "none" }]) => engine !== "replay" && network === "open",
    )
    .map(([name]) => name);
}
