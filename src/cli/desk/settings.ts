import type { Settled } from "../../config/derive.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Settings } from "../../dispatch/ports.ts";
import type { Fence } from "../../ports/sandbox.ts";
import { fenceNotes, fenceSentence } from "./fence.ts";

export interface SettingsRequest {
  readonly run: string;
  readonly config: Settled;
  readonly fence: Fence;
  readonly only: readonly string[];
}

/** The configuration as the story needs it. */
export function settingsOf({ run, config, fence, only }: SettingsRequest): Settings {
  const { jobs, pipeline, attempts, review, fanOut, limits, testPaths, policy, pullRequests } = config;
  return {
    run,
    jobs,
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
    },
    testPaths,
    protectedPaths: policy.protected,
    fence: fenceSentence(config, fence),
    maxOpen: pullRequests.maxOpen ?? null,
  };
}

/** Refuses what the configuration asks for and this version has not; silence would be a lie. */
export function requireSupported(config: Settled): void {
  if (config.forge === "github") throw notYet('"forge": "github"', "pull requests on GitHub", '"forge": "local"');
  for (const [name, { network }] of Object.entries(config.agents)) {
    if (network === undefined || network === "none" || network === "open") continue;
    const key = `agents.${name}.network ${JSON.stringify(network)}`;
    throw notYet(key, "network between all and nothing", '"network": "none" or "open"');
  }
}

function notYet(key: string, what: string, instead: string): DispatchError {
  return new DispatchError({
    code: "not_in_this_version",
    message: `dispatch.jsonc says ${key}, and this version has no ${what}`,
    hint: `write ${instead} in dispatch.jsonc, or wait for a version that has it`,
    exit: EXIT.usage,
  });
}

/** What the user should know of this run before it starts. */
export function notesOf(config: Settled, fence: Fence): readonly string[] {
  const { budget } = config;
  const isCapped = Object.values(budget).some((cap) => cap !== undefined);
  const { checks, pipeline } = config;
  return [
    ...(checks.length > 0 && !pipeline.includes("test")
      ? ["no tester: checks are configured and nobody runs them; give an agent the role tester"]
      : []),
    ...(pipeline.includes("review") ? [] : ["no reviewer: nobody but you looks at the work"]),
    ...fenceNotes(config, fence),
    ...(isCapped
      ? ["no budget: the caps of dispatch.jsonc are not enforced by this version; what agents report is booked"]
      : []),
  ];
}
