import type { Role } from "./assignment.ts";

export interface BranchParts {
  /** Lower case, whatever the task's own spelling is. */
  readonly id: string;
  readonly slug: string;
  readonly attempt: number;
}

const MAX_SLUG = 40;

/** `dispatch/<id>--<slug>`; from the second attempt on with its number behind. Always a name that git takes. */
export function branchName(id: string, title: string, attempt = 1): string {
  return `dispatch/${id.toLowerCase()}--${slugOf(title)}${attempt > 1 ? `-${attempt}` : ""}`;
}

/** The parts of a task branch; null for any other branch. A slug has no `--` and no number behind a hyphen at its end. */
export function parseBranchName(name: string): BranchParts | null {
  const match = /^dispatch\/([a-z0-9][a-z0-9._-]*)--([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(name);
  const [, id = "", rest = ""] = match ?? [];
  if (match === null) return null;
  const numbered = /^(.+)-([2-9]|[1-9]\d+)$/.exec(rest);
  const [, slug = rest, attempt = "1"] = numbered ?? [];
  return { id, slug, attempt: Number(attempt) };
}

const FOLDERS = { reviewer: "dispatch-review", tester: "dispatch-test", planner: "dispatch-plan" } as const;

/** The local branch of one look at a task; gone when the round ends. */
export function roleBranch(role: Exclude<Role, "coder">, id: string, round: number): string {
  return `${FOLDERS[role]}/${id.toLowerCase()}-${round}`;
}

function slugOf(title: string): string {
  // Letter by letter: to put thousands of accents on one letter in order takes their square.
  const plain = title
    .replace(/\P{ASCII}/gu, (letter) => letter.normalize("NFKD"))
    .replace(/\p{M}/gu, "")
    .toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, "-").slice(0, MAX_SLUG + 1);
  const slug = words.replace(/^-|-$/g, "").slice(0, MAX_SLUG).replace(/-$/, "");
  return slug === "" ? "task" : joinFinalNumber(slug);
}

/** `node-20` → `node20`, so that no title looks like a second attempt. */
function joinFinalNumber(slug: string): string {
  const joined = slug.replace(/-(\d+)$/, "$1");
  return joined === slug ? slug : joinFinalNumber(joined);
}
