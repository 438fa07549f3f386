import type { Settled } from "../../config/derive.ts";
import { policyOf, policyText, reachesOf, requireWithinPolicy } from "../../config/policy.ts";
import { planNetwork, requireKey } from "../../config/network.ts";
import { type Budget, isBounded } from "../../domain/budget.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Hash } from "../../domain/hash.ts";
import type { Settings } from "../../dispatch/ports.ts";
import type { Fence } from "../../ports/sandbox.ts";
import type { Environment } from "../terminal.ts";
import { fenceNotes, fenceSentence } from "./fence.ts";

export interface SettingsRequest {
  readonly run: string;
  readonly config: Settled;
  readonly fence: Fence;
  readonly only: readonly string[];
  readonly hash: Hash;
}

/** The configuration as the story needs it. */
export function settingsOf({ run, config, fence, only, hash }: SettingsRequest): Settings {
  const { jobs, pipeline, attempts, review, fanOut, limits, testPaths, pullRequests } = config;
  const text = policyText(config);
  const isOnGitHub = config.forge === "github";
  return {
    run,
    // A lane has one worktree at a time.
    jobs: Math.min(jobs, config.maxWorktrees),
    only: only.length === 0 ? null : only,
    pipeline,
    attempts,
    rounds: review.rounds,
    humanRounds: review.humanRounds,
    taskSeconds: fanOut.taskSeconds === "auto" ? null : fanOut.taskSeconds,
    spawnSeconds: fanOut.spawnSeconds === "auto" ? null : fanOut.spawnSeconds,
    limits: {
      wallSeconds: limits.wall,
      idleSeconds: limits.idle,
      outputMb: limits.outputMb,
      changedFiles: limits.changedFiles,
      autosaveSeconds: limits.autosave === "off" ? null : limits.autosave,
    },
    testPaths,
    policy: { ...policyOf(config), text, hash: hash(text), reach: reachesOf(config) },
    fence: fenceSentence(config, fence),
    weaknesses: weaknessesOf(fence),
    backpressure: {
      maxOpen: pullRequests.maxOpen ?? (isOnGitHub ? 20 : null),
      perHour: pullRequests.perHour ?? (isOnGitHub ? 30 : null),
      quiet: config.quietHours,
    },
  };
}

/** What bounds money; `runUsd` is `--budget`. */
export function budgetOf({ budget, agents }: Settled, runUsd: number | null, since: string): Budget {
  const { perTask = null, daily = null, monthly = null } = budget;
  const own = Object.entries(agents).map(([name, { budget: its, reserveUsd = null, maxStarts = null }]) => {
    return [name, { daily: its?.daily ?? null, monthly: its?.monthly ?? null, reserveUsd, maxStarts }] as const;
  });
  const run = runUsd === null ? null : { usd: runUsd, since };
  return { perTask, daily, monthly, run, agents: Object.fromEntries(own) };
}

/** What a run is not to be believed to have held. */
function weaknessesOf(fence: Fence): readonly string[] {
  if (fence.kind === "open") return [`agents ran without a fence: ${fence.why}`];
  return fence.uncapped === null ? [] : [`nothing capped ${fence.uncapped.what} inside the fence`];
}

/** Refuses what the configuration asks for and this version, or this machine, has not; silence would be a lie. */
export function requireSupported(config: Settled, fence: Fence, env: Environment): void {
  requireWithinPolicy(config);
  for (const [name, agent] of Object.entries(config.agents)) {
    const where = `agents.${name}`;
    const network = planNetwork(where, agent, env);
    if (typeof network === "string") continue;
    const isAsked = network.kind !== "model" || !network.isDefault;
    if (fence.kind === "open" && isAsked) throw unfenced(`${where}.network ${JSON.stringify(agent.network)}`, fence);
    if (network.kind === "model") requireKey(network, env);
  }
}

function unfenced(key: string, { why, fix }: Extract<Fence, { readonly kind: "open" }>): DispatchError {
  return new DispatchError({
    code: "network_unfenced",
    message: `dispatch.jsonc says ${key}, and nothing would keep that agent to it: ${why}`,
    hint: `${fix}, or "network": "open" for that agent`,
    exit: EXIT.usage,
  });
}

/** What the user should know of this run before it starts. */
export function notesOf(config: Settled, fence: Fence, budget: Budget): readonly string[] {
  const { checks, pipeline, agents } = config;
  const unpriced = Object.keys(agents).filter(
    (name) => ["command", "acp"].includes(agents[name]?.engine ?? "") && budget.agents[name]?.reserveUsd === null,
  );
  return [
    ...(checks.length > 0 && !pipeline.includes("test")
      ? ["no tester: checks are configured and nobody runs them; give an agent the role tester"]
      : []),
    ...(pipeline.includes("review") ? [] : ["no reviewer: nobody but you looks at the work"]),
    ...fenceNotes(config, fence),
    ...(isBounded(budget) && unpriced.length > 0
      ? [
          `budget: starts of ${unpriced.join(", ")} count as free unless they report costUsd; reserveUsd in dispatch.jsonc gives them a price`,
        ]
      : []),
  ];
}
