import type { AgentEvent } from "../ports/agent.ts";
import type { Role } from "../domain/assignment.ts";
import type { Fact } from "../domain/fact.ts";

/** Who listens while we work: the screen, the NDJSON stream. Must not throw. */
export interface Narrator {
  fact(fact: Fact): void;
  agent(task: string, role: Role, event: AgentEvent): void;
}
