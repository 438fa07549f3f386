import { ROLES, type Role } from "../domain/assignment.ts";
import { authorize, type Policy, type Reach, type RoleRules } from "../domain/authorize.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Settled } from "./derive.ts";
import type { AgentConfig } from "./schema.ts";

/** The bounds of every role, those that nobody wrote down included. */
export function policyOf({ policy }: Pick<Settled, "policy">): Policy {
  const roles = ROLES.map((role) => [role, rulesOf(role, policy.roles[role] ?? {})] as const);
  return { protected: policy.protected, roles: Object.fromEntries(roles) as Record<Role, RoleRules> };
}

function rulesOf(role: Role, own: Settled["policy"]["roles"][Role] & object): RoleRules {
  return {
    allow: own.allow ?? ["**"],
    deny: own.deny ?? [],
    touchProtected: own.touchProtected ?? false,
    openPullRequest: own.openPullRequest ?? role === "coder",
    network: own.network ?? "open",
    maxFiles: own.maxFiles ?? null,
    maxLines: own.maxLines ?? null,
    maxTaskUsd: own.maxTaskUsd ?? null,
  };
}

/** How far an agent reaches: a command is online unless it is told otherwise. */
export function reachOf({ engine, network, apiKeyEnv }: Pick<AgentConfig, "engine" | "network" | "apiKeyEnv">): Reach {
  if (engine === "replay") return "none";
  if (typeof network === "object") return network.length === 0 ? "none" : "domains";
  if (network !== undefined || engine === "checks") return network ?? "none";
  // A login may need any number of servers; with a key it is one.
  return engine !== "command" && apiKeyEnv !== undefined ? "model" : "open";
}

export const reachesOf = ({ agents }: Pick<Settled, "agents">): Readonly<Record<string, Reach>> =>
  Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, reachOf(agent)]));

/** Everything that holds agents, as JSON whose text depends on nothing else: the same policy is the same hash. */
export function policyText(config: Settled): string {
  const { sandbox, limits, budget, attempts, review } = config;
  const agents = Object.entries(config.agents).map(([name, agent]) => {
    const { role, engine, env, mounts, budget: own } = agent;
    return [name, { role, engine, network: agent.network ?? reachOf(agent), env, mounts, budget: own }] as const;
  });
  const inOrder = Object.fromEntries(agents.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...policyOf(config), sandbox, agents: inOrder, limits, budget, attempts, review });
}

/** Throws `config_invalid` for an agent that its role's policy would never let start. */
export function requireWithinPolicy(config: Settled): void {
  const { roles } = policyOf(config);
  for (const [name, agent] of Object.entries(config.agents)) {
    const refusal = authorize(roles[agent.role], "start", { network: reachOf(agent), spentUsd: 0 });
    if (refusal === null) continue;
    throw new DispatchError({
      code: "config_invalid",
      message: `agents.${name} could never be started: ${refusal.sentence}`,
      hint: `write a narrower agents.${name}.network, or a wider policy.roles.${agent.role}.network`,
      exit: EXIT.usage,
    });
  }
}
