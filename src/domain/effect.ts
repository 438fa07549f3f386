import type { FactName } from "./fact.ts";
import { nearest } from "./nearest.ts";

/**
 * Every side effect by its name, with the facts that record it once it was done. None: what it did is its own record
 * (a ref, a folder, the book of slots), or it is the record of something else.
 */
export const EFFECTS = {
  heal: [],
  claim: [],
  event: [],
  worktree: [],
  flag: [],
  setup: [],
  "spawn-coder": [],
  "spawn-tester": [],
  "spawn-reviewer": [],
  "turn-end": ["assignment.ended"],
  snapshot: ["snapshot.taken"],
  handover: ["snapshot.taken"],
  branch: ["snapshot.taken", "branch.rebased"],
  salvage: ["work.salvaged", "tests.judged"],
  "salvage-drop": [],
  checks: ["checks.ran"],
  verdict: ["change.inspected"],
  push: ["branch.pushed", "branch.rebased"],
  "pull-request": ["pr.opened", "branch.rebased"],
  comment: ["branch.rebased"],
  review: ["pr.approved", "pr.rejected"],
  merge: ["pr.merged"],
  close: ["task.cancelled"],
  "show-verdict": [],
  "show-state": [],
  answer: [],
  order: [],
  done: ["task.ready"],
  unpublish: [],
  "handover-drop": [],
  "branch-delete": [],
  "flag-release": [],
  "worktree-release": [],
  "claim-release": [],
  audit: [],
} as const satisfies Readonly<Record<string, readonly FactName[]>>;

export type EffectName = keyof typeof EFFECTS;
export const EFFECT_NAMES = Object.keys(EFFECTS) as readonly EffectName[];

/** Effects that are facts themselves: there is nothing to do but to record. */
export const FACT_EFFECTS: Readonly<Partial<Record<FactName, EffectName>>> = {
  "assignment.ended": "turn-end",
  "change.inspected": "verdict",
  "task.ready": "done",
};

const POSITIONS = ["before", "after", "recorded"] as const;
/** Nothing was done yet · done, and nobody wrote it down · written down. */
export type Position = (typeof POSITIONS)[number];

/** `freeze`: stopped until somebody sends SIGCONT, so that the world can change meanwhile. */
const HARMS = ["kill", "throw", "hang", "freeze"] as const;
export type Harm = (typeof HARMS)[number];

/** What is to go wrong: at the `nth` time of an effect, counted from 1 in every process. */
export interface Fault {
  readonly effect: EffectName;
  readonly nth: number;
  readonly at: Position;
  readonly how: Harm;
}

/** `push:1:after:kill`, several with commas between them; a sentence for what is none. */
export function parseFaults(text: string): readonly Fault[] | string {
  const faults: Fault[] = [];
  for (const part of text.split(",")) {
    const [name = "", times = "", place, harm, ...more] = part.trim().split(":");
    const effect = EFFECT_NAMES.find((one) => one === name);
    const at = POSITIONS.find((one) => one === place);
    const how = HARMS.find((one) => one === harm);
    if (effect === undefined) return `there is no effect ${JSON.stringify(name)}${closest(name)}`;
    if (!/^[1-9]\d{0,8}$/.test(times) || at === undefined || how === undefined || more.length > 0)
      return `${JSON.stringify(part.trim())} is not ${name}:<nth>:${POSITIONS.join("|")}:${HARMS.join("|")}`;
    faults.push({ effect, nth: Number(times), at, how });
  }
  return faults;
}

function closest(name: string): string {
  const found = nearest(name, EFFECT_NAMES);
  return found === null ? `; there are ${EFFECT_NAMES.join(", ")}` : `; did you mean ${found}?`;
}
