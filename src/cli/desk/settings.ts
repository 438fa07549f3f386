import type { Settled } from "../../config/derive.ts";
import type { Settings } from "../../dispatch/ports.ts";

export interface SettingsRequest {
  readonly run: string;
  readonly config: Settled;
  readonly only: readonly string[];
}

const FENCE = "none: agents ran without a sandbox, as this user, with this machine's network";

/** The configuration as the story needs it. */
export function settingsOf({ run, config, only }: SettingsRequest): Settings {
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
    fence: FENCE,
    maxOpen: pullRequests.maxOpen ?? null,
  };
}

/** What the user should know of this run before it starts. */
export function notesOf(config: Settled): readonly string[] {
  return config.sandbox === "off"
    ? []
    : [
        `no fence: agents run without a sandbox in this version (every pull request says so; "sandbox": "off" hides this line)`,
      ];
}
