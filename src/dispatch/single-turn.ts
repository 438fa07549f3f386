import type { Role } from "../domain/assignment.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import { chooseAgent } from "../domain/routing.ts";
import { countStart } from "./count-start.ts";
import type { AssignmentInput, AssignmentOutcome, Episode } from "./episode.ts";
import type { Ports, Settings } from "./ports.ts";
import { work } from "./work.ts";

export interface SingleTurn
  extends
    Pick<AssignmentInput, "role" | "agent" | "commit" | "findings">,
    Pick<Episode, "task" | "from" | "why" | "base"> {}

/** No episode: nothing of it has to outlive the command that asks. Every start is another attempt of the same look. */
export async function takeTurn(
  ports: Ports,
  settings: Settings,
  { task, from, why, base, ...turn }: SingleTurn,
  signal: AbortSignal,
): Promise<AssignmentOutcome> {
  const { run, pipeline, attempts, rounds, limits, testPaths, policy, fence } = settings;
  const before = await ports.journal.read({ task: task.id, names: ["assignment.started"] });
  const starts = before.filter((fact) => "role" in fact.data && fact.data.role === turn.role).length;
  const episode: Episode = {
    ...{ run, task, episode: 0, from, why, lane: 0, branch: "", base, start: base.commit },
    ...{ feedback: [], agents: { [turn.role]: turn.agent } },
    rules: { pipeline, attempts, rounds, limits, testPaths, policy, fence },
  };
  const input = { ...turn, episode, round: 1, attempt: starts + 1 };
  const start = await countStart(ports, input);
  return start.kind === "failed" ? start : await work(ports, input, start, signal);
}

/** Code `<role>_missing`; `what` is what nobody can do then. */
export function requireAgent({ agents }: Ports, role: Role, skills: readonly string[], what: string): string {
  const agent = chooseAgent([...agents.values()], role, skills);
  if (agent !== null) return agent;
  throw new DispatchError({
    code: `${role}_missing`,
    message: `no agent has the role ${role}, so nobody can ${what}`,
    hint: `add one under "agents" in dispatch.jsonc: "${role}": { "role": "${role}", "engine": "claude" }`,
    exit: EXIT.usage,
  });
}
