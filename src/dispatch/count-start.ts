import { assignmentKey } from "../domain/assignment.ts";
import { authorize, type Refusal } from "../domain/authorize.ts";
import type { Fact } from "../domain/fact.ts";
import { openCircuit } from "../domain/circuit.ts";
import { MAX_INTERRUPTIONS } from "../domain/retry.ts";
import { failure, type AssignmentInput, type Failure } from "./episode.ts";
import { scopeOf } from "./bookends.ts";
import { readAllowance, requireMoney } from "./money.ts";
import { isoTime, record, type Ports } from "./ports.ts";

export interface Start {
  readonly kind: "started";
  /** Prefix of the keys of everything that this start does. */
  readonly key: string;
  readonly logFile: string;
  /** null: any price. */
  readonly allowedUsd: number | null;
}

export const inputKey = (input: AssignmentInput): string =>
  assignmentKey({ ...input, task: input.episode.task.id, episode: input.episode.episode });

/**
 * Books the start. A start without an end before it was interrupted by us (a crash, Ctrl-C, a lost host): that
 * uses up no attempt, but five in a row without a finished step are enough (docs/contract.md §9.7).
 */
export async function countStart(ports: Ports, input: AssignmentInput): Promise<Start | Failure> {
  const { role, round, attempt, episode } = input;
  const prefix = inputKey(input);
  const scope = scopeOf(episode);
  const facts = await ports.journal.read({ task: episode.task.id });
  const earlier = facts.filter((fact) => fact.name === "assignment.started" && fact.key.startsWith(`${prefix}/start/`));
  const nth = earlier.length + 1;
  if (earlier.length > 0)
    await record(ports, scope, `${prefix}/interrupted/${earlier.length}`, {
      name: "assignment.interrupted",
      data: { role, round, attempt, why: "the dispatcher stopped before the agent had ended" },
    });
  if (earlier.length > MAX_INTERRUPTIONS) {
    return failure("crashed", `interrupted ${earlier.length} times before the ${role} could finish`);
  }
  const refusal = mayStart(input, facts);
  const rest = (await requireMoney(ports, input)) ?? (await requireAnswering(ports, input));
  if (rest !== null) return rest;
  // Another start would be refused alike: a human decides.
  if (refusal !== null) return failure(refusal.code, `${input.agent} was not started: ${refusal.sentence}`, true);
  const log = ports.paths.logFile(episode.task.id, `${episode.episode}-${role}-${round}-${attempt}`);
  const agent = ports.agents.get(input.agent);
  // Before it is booked: it would count against itself.
  const allowedUsd = await readAllowance(ports, input);
  await record(ports, scope, `${prefix}/start/${nth}`, {
    name: "assignment.started",
    data: { role, round, attempt, agent: input.agent, version: agent?.version ?? "unknown", log, ...hostOf(ports) },
  });
  return { kind: "started", key: `${prefix}/${nth}`, logFile: log, allowedUsd };
}

/** One task found out that its agent's server takes nothing more: the others need not ask. */
async function requireAnswering({ journal, clock }: Ports, { agent }: AssignmentInput): Promise<Failure | null> {
  const ends = await journal.read({ names: ["assignment.ended", "task.retried"] });
  const circuit = openCircuit(ends, agent, isoTime(clock.now()));
  if (circuit === null) return null;
  const { code, sentence, until } = circuit;
  return { ...failure(code, `${agent} was not started: ${sentence}`), wakeAt: until };
}

const hostOf = ({ host }: Ports): { host?: string; fence?: string } =>
  host === null ? {} : { host: host.name, fence: host.fence };

function mayStart({ episode, role, agent }: AssignmentInput, facts: readonly Fact[]): Refusal | null {
  const { roles, reach } = episode.rules.policy;
  const ended = facts.flatMap((fact) => (fact.name === "assignment.ended" && fact.data.role === role ? fact.data : []));
  const spentUsd = ended.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  return authorize(roles[role], "start", { network: reach[agent] ?? "open", spentUsd });
}
