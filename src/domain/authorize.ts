import type { Role } from "./assignment.ts";
import type { ChangedFile } from "./evidence.ts";
import { formatUsd } from "./duration.ts";
import { globMatches } from "./overlap.ts";
import { protectedAmong } from "./policy.ts";
import type { ReasonCode } from "./retry.ts";

/** How far a program reaches, the narrowest first. */
export const REACHES = ["none", "model", "domains", "open"] as const;
export type Reach = (typeof REACHES)[number];

/** What agents of one role may do; null where nothing bounds it. */
export interface RoleRules {
  /** Globs: a path that none of them matches may not be changed. */
  readonly allow: readonly string[];
  /** Globs, and stronger than `allow`. */
  readonly deny: readonly string[];
  readonly touchProtected: boolean;
  readonly openPullRequest: boolean;
  /** The widest. */
  readonly network: Reach;
  /** Of one change, deleted files and lines included. */
  readonly maxFiles: number | null;
  readonly maxLines: number | null;
  /** Of all its agents for one task. */
  readonly maxTaskUsd: number | null;
}

export interface Policy {
  /** Paths that nobody may change without a human, unless the role says so. */
  readonly protected: readonly string[];
  readonly roles: Readonly<Record<Role, RoleRules>>;
}

/** What is to be done, by the name of the action. */
export interface Resources {
  readonly start: { readonly network: Reach; readonly spentUsd: number };
  readonly change: {
    readonly files: readonly ChangedFile[];
    readonly protected: readonly string[];
    /** What it makes run or fetch elsewhere, a sentence each (`judgeContent`). */
    readonly elsewhere: readonly string[];
  };
  readonly "open-pull-request": { readonly branch: string };
}

export interface Refusal {
  readonly code: Extract<ReasonCode, "policy" | "budget">;
  readonly sentence: string;
}

/** Whether the role may do it: null, or why not. The one place where that is decided; what it does not know is refused. */
export function authorize<Action extends keyof Resources>(
  role: RoleRules,
  action: Action,
  resource: Resources[Action],
): Refusal | null {
  return JUDGES[action](role, resource);
}

const JUDGES: { readonly [Action in keyof Resources]: (role: RoleRules, on: Resources[Action]) => Refusal | null } = {
  start({ network: widest, maxTaskUsd }, { network, spentUsd }) {
    if (REACHES.indexOf(network) > REACHES.indexOf(widest))
      return policy(`its network is "${network}", and the policy of its role allows "${widest}" at most`);
    if (maxTaskUsd === null || spentUsd < maxTaskUsd) return null;
    const sentence = `its role has spent ${formatUsd(spentUsd)} on this task, and may spend ${formatUsd(maxTaskUsd)}`;
    return { code: "budget", sentence };
  },
  change(role, change) {
    const reasons = [...forbiddenPaths(role, change), ...tooMuch(role, change)];
    const all = role.touchProtected ? reasons : [...reasons, ...change.elsewhere];
    return all.length === 0 ? null : policy(all.join("; "));
  },
  "open-pull-request": ({ openPullRequest }, { branch }) =>
    openPullRequest ? null : policy(`its role may not open a pull request: ${branch} was not pushed`),
};

const policy = (sentence: string): Refusal => ({ code: "policy", sentence });

function forbiddenPaths(role: RoleRules, { files, protected: globs }: Resources["change"]): readonly string[] {
  const paths = files.map(({ path }) => path);
  const denied = protectedAmong(paths, role.deny);
  const outside = paths.filter((path) => !role.allow.some((glob) => globMatches(glob, path)));
  const guarded = role.touchProtected ? [] : protectedAmong(paths, globs);
  return [
    ...told("protected paths were changed", guarded),
    ...told("paths were changed that the role may not touch", [...new Set([...denied, ...outside])]),
  ];
}

function tooMuch({ maxFiles, maxLines }: RoleRules, { files }: Resources["change"]): readonly string[] {
  const lines = files.reduce((sum, { added, removed }) => sum + (added ?? 0) + (removed ?? 0), 0);
  return [
    ...(maxFiles === null || files.length <= maxFiles
      ? []
      : [`${files.length} files were changed, the role may change ${maxFiles}`]),
    ...(maxLines === null || lines <= maxLines ? [] : [`${lines} lines were changed, the role may change ${maxLines}`]),
  ];
}

const told = (what: string, paths: readonly string[]): readonly string[] =>
  paths.length === 0 ? [] : [`${what}: ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`];
