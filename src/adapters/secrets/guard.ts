import { display } from "../../domain/display.ts";
import type { Agent, AgentOutcome } from "../../ports/agent.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Secrets } from "../../ports/secrets.ts";

/** Agents whose words are not taken once they hold a known secret: they would stand in the database, too. */
export function guardAgents(agents: ReadonlyMap<string, Agent>, secrets: Secrets): ReadonlyMap<string, Agent> {
  return new Map([...agents].map(([name, agent]) => [name, guardAgent(agent, secrets)]));
}

function guardAgent(agent: Agent, secrets: Secrets): Agent {
  return {
    ...agent,
    async run(request, onEvent, signal) {
      const outcome = await agent.run(request, onEvent, signal);
      return { ...outcome, result: guardWords(outcome.result, secrets) };
    },
  };
}

function guardWords(result: AgentOutcome["result"], secrets: Secrets): AgentOutcome["result"] {
  if (result.kind === "none") return result;
  if (result.kind === "invalid") return { ...result, why: secrets.mask(result.why) };
  const text = strings(result).join("\n");
  const name = secrets.nameIn(text) ?? secrets.nameIn(display(text));
  return name === null ? result : { kind: "invalid", why: `its words hold the value of ${name}`, isSecret: true };
}

/** No fact holds a known secret. */
export function maskJournal(journal: Journal, { mask }: Pick<Secrets, "mask">): Journal {
  return { ...journal, append: (fact) => journal.append(masked(fact, mask)) };
}

function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

function masked<T>(value: T, mask: (text: string) => string): T {
  const visit = (part: unknown): unknown => {
    if (typeof part === "string") return mask(part);
    if (Array.isArray(part)) return part.map(visit);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, visit(one)]));
  };
  return visit(value) as T;
}
