import { chooseAgent } from "../domain/routing.ts";
import { nextAttempt, type ReasonCode } from "../domain/retry.ts";
import type { Role } from "../domain/assignment.ts";
import type { Finding } from "../domain/verdict.ts";
import type { Steps } from "../ports/steps.ts";
import { failure, type AssignmentInput, type AssignmentOutcome, type Episode, type ProposedTests } from "./episode.ts";

export interface Wanted {
  readonly role: Role;
  readonly round: number;
  readonly commit: string;
  readonly findings: readonly Finding[];
  readonly tests?: ProposedTests;
}

/**
 * Starts the role's agent until it gives something usable, at most `attempts` times. A verdict that cannot be
 * read is asked for again like a crash; the last one is handed on, and never approves.
 */
export async function assign(steps: Steps, episode: Episode, first: Wanted): Promise<AssignmentOutcome> {
  let wanted = first;
  const agent = agentFor(episode, first);
  if (agent === undefined) return failure("crashed", `no agent has the role ${wanted.role}`);
  for (let attempt = 1; ; attempt += 1) {
    const input: AssignmentInput = { episode, agent, attempt, ...wanted };
    const name = `${wanted.role}-${wanted.round}-${attempt}`;
    const outcome = await steps.child<AssignmentOutcome>(name, "assignment", routeOf(wanted.role, episode), input);
    if (outcome.kind === "verdict" && outcome.again === true && outcome.tests !== undefined) {
      wanted = { ...wanted, tests: outcome.tests };
      continue;
    }
    const code = wasteOf(outcome);
    if (code === null || nextAttempt(code, attempt, episode.rules.attempts) === "fail") return outcome;
  }
}

/** What was found may need somebody who is narrower than the task's own coder, and can do just that. */
function agentFor({ agents, coders = [], task }: Episode, { role, findings }: Wanted): string | undefined {
  const skills = role === "coder" ? findings.flatMap((finding) => finding.skills) : [];
  if (skills.length === 0) return agents[role];
  // Who is best for the task is best for as many other things: nobody takes over who can do no more.
  const own = coders.filter(({ name }) => name === agents.coder);
  return chooseAgent([...own, ...coders], "coder", [...skills, ...task.skills]) ?? agents[role];
}

/** The queue of the role, and of the skills that the task asks for. */
function routeOf(role: Role, { task }: Episode): string {
  return task.skills.length === 0 ? `role:${role}` : `role:${role}:${task.skills.join(",")}`;
}

function wasteOf(outcome: AssignmentOutcome): ReasonCode | null {
  if (outcome.kind === "failed") return outcome.code;
  return outcome.kind === "verdict" && !outcome.valid ? "invalid_verdict" : null;
}
