import { EFFECT_NAMES, type EffectName, type Position } from "../../src/domain/effect.ts";
import { DEED_NAMES, deedOf, type DeedName } from "./deeds.ts";
import { type Fault, momentsOf } from "./fault.ts";
import { STORY, TIMES } from "./story.ts";
import type { Planned } from "./walk.ts";

/** Nothing to see on the local forge, which this walks with; with GitHub they are in test/e2e/github-dies.test.ts. */
const SHOWN: readonly EffectName[] = ["show-verdict", "show-state", "answer", "order"];
const WALKED = EFFECT_NAMES.filter((name) => !SHOWN.includes(name));

const everywhere = (deed: DeedName, at: readonly Position[]): readonly Fault[] =>
  WALKED.flatMap((effect) =>
    momentsOf(effect)
      .filter((one) => at.includes(one))
      .map((one): Fault => ({ effect, nth: 1, at: one, deed })),
  );

type Moment = `${EffectName}:${Position}`;

const some = (deeds: readonly DeedName[], ...moments: readonly Moment[]): readonly Fault[] =>
  deeds.flatMap((deed) =>
    moments.map((moment): Fault => {
      const [effect, at] = moment.split(":") as [EffectName, Position];
      return { effect, nth: 1, at, deed };
    }),
  );

/** Where somebody else is asked, who may not answer. */
const HANGING: readonly EffectName[] = [
  ...(["claim", "setup", "spawn-coder", "spawn-tester", "spawn-reviewer", "checks", "snapshot", "push"] as const),
  ...(["pull-request", "comment", "review", "merge", "close", "claim-release"] as const),
];

/**
 * Every effect × every moment × `kill -9`; every effect done and answered by an error; others that hang; and what goes
 * wrong around us, at moments where it matters.
 */
export const EXHAUSTIVE: readonly Fault[] = [
  ...everywhere("kill", ["before", "after", "recorded"]),
  ...everywhere("throw", ["after"]),
  ...some(["hang"], ...HANGING.map((effect): Moment => `${effect}:before`)),
  ...some(["clock+6h", "clock-6h"], "turn-end:before", "push:before", "merge:before"),
  ...some(["disk-state", "disk-git"], "spawn-coder:after", "snapshot:before", "push:before"),
  ...some(["disk-work"], "worktree:before", "spawn-coder:after"),
  ...some(["database-killed"], "turn-end:before", "push:after", "review:after"),
  ...some(["database-torn"], "snapshot:recorded"),
  ...some(["database-gone"], "turn-end:recorded", "pull-request:after"),
  ...some(["second"], "heal:after", "push:after", "merge:before"),
  ...some(["human-merges", "human-closes", "human-pushes", "human-deletes"], "push:before"),
];

/** What leaves so much open that nothing after it could be told from what it did. */
const isLast = ({ deed }: Fault): boolean => deedOf(deed).loosens !== undefined;
/** A is merged, B is sent back with its pull request open, C is new. */
const REWORK = 5;

/** What of a run comes when, task by task: a command that is typed again after an early fault still comes to a later one. */
const LATER: readonly (readonly EffectName[])[] = [
  ["spawn-coder", "turn-end", "snapshot", "handover", "branch", "salvage-drop"],
  ["spawn-tester", "verdict", "spawn-reviewer", "flag-release"],
  ["worktree-release", "push", "pull-request"],
  ["done", "claim-release", "handover-drop", "audit"],
];
/** All else is before the first agent. */
const phaseOf = (effect: EffectName): number => 1 + LATER.findIndex((phase) => phase.includes(effect));

/** A place for one fault: everywhere but in a run a command has only one. */
interface Slot {
  readonly step: number;
  readonly phase: number;
}

const slotsOf = ({ effect }: Fault): readonly Slot[] =>
  stepsOf({ effect }).map((step) => ({ step, phase: STORY[step]?.words[0] === "run" ? phaseOf(effect) : 0 }));

interface Placed {
  readonly fault: Fault;
  readonly slot: Slot;
}

const isBefore = (a: Slot, b: Slot): boolean => (a.step - b.step || a.phase - b.phase) < 0;

/** As few walks as there can be. */
export function pack(faults: readonly Fault[]): readonly (readonly Planned[])[] {
  const walks: Placed[][] = [];
  // What loosens the rest comes first here, last in its walk.
  for (const fault of faults.toSorted((a, b) => Number(isLast(b)) - Number(isLast(a)))) {
    // Where few effects happen first: most can only happen in a run.
    const open = slotsOf(fault)
      .filter(({ step }) => !isLast(fault) || step === REWORK)
      .toSorted((a, b) => (STORY[a.step]?.effects.length ?? 0) - (STORY[b.step]?.effects.length ?? 0));
    const isFree = (walk: (typeof walks)[number], slot: Slot): boolean =>
      walk.every((one) => isPossible({ fault, slot }, one) && isPossible(one, { fault, slot }));
    const fits = (walk: (typeof walks)[number]): boolean =>
      !isLast(fault) && hasDiskFor(walk, fault) && open.some((slot) => isFree(walk, slot));
    let walk = walks.find(fits);
    if (walk === undefined) walks.push((walk = []));
    const [first] = open;
    const slot = open.find((one) => isFree(walk, one)) ?? first;
    if (slot !== undefined) walk.push({ fault, slot });
  }
  return walks.map((walk) =>
    walk
      .toSorted((a, b) => (isBefore(a.slot, b.slot) ? -1 : 1))
      .map(({ fault, slot: { step, phase } }) => ({ fault, steps: [step, step], again: phase > 0 })),
  );
}

/** Not in one place, and none comes where another one leaves nothing to strike. */
function isPossible(one: Placed, other: Placed): boolean {
  if (!isBefore(one.slot, other.slot)) return isBefore(other.slot, one.slot);
  return !isLast(one.fault) && !(deedOf(one.fault.deed).isSurvived === true && one.slot.step === other.slot.step);
}

const stepsOf = ({ effect }: Pick<Fault, "effect">): readonly number[] =>
  STORY.flatMap(({ effects }, step) => (effects.includes(effect) ? [step] : []));

/** One walk, one disk. */
function hasDiskFor(walk: readonly Pick<Planned, "fault">[], { deed }: Fault): boolean {
  const { disk } = deedOf(deed);
  return disk === undefined || walk.every(({ fault }) => [undefined, disk].includes(deedOf(fault.deed).disk));
}

/**
 * The same for the same seed: any two deeds at any two moments, the second also in the command that mends the first.
 * Two pairs share a walk, one in each half of the story; what leaves much open is in the second half.
 */
export function pairs(count: number, seed: number): readonly (readonly Planned[])[] {
  const dice = openDice(seed);
  const all = Array.from({ length: count }, () => randomPair(dice));
  const walks: { first: Pair | null; second: Pair | null }[] = [];
  for (const pair of all.toSorted((a, b) => Number(b.some(isLater)) - Number(a.some(isLater)))) {
    const half = pair.some(isLater) ? "second" : null;
    const fits = walks.filter(
      ({ first, second }) => mayShare(first ?? second, pair) && (first === null || second === null),
    );
    const walk = half === null ? fits[0] : undefined;
    if (walk !== undefined) walk[walk.first === null ? "first" : "second"] = pair;
    else walks.push(half === null ? { first: pair, second: null } : { first: null, second: pair });
  }
  return walks.map(({ first, second }) => [
    ...(first ?? []).map((fault): Planned => ({ fault, steps: [0, REWORK - 1], again: true })),
    ...(second ?? []).map((fault): Planned => ({ fault, steps: [REWORK, STORY.length - 1], again: true })),
  ]);
}

const isLater = (fault: Fault): boolean => isLast(fault) || stepsOf(fault).every((step) => step >= REWORK);

type Pair = readonly [Fault, Fault];

function mayShare(one: Pair | null, other: Pair): boolean {
  const planned = (one ?? []).map((fault) => ({ fault }));
  return other.every((fault) => hasDiskFor(planned, fault));
}

function randomPair(dice: Dice): Pair {
  const first = randomFault(dice, DEED_NAMES);
  const deeds = DEED_NAMES.filter((deed) => hasDiskFor([{ fault: first }], { ...first, deed }));
  return [first, randomFault(dice, deeds)];
}

type Dice = <T>(sides: readonly T[]) => T;

function openDice(seed: number): Dice {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return sides[Math.floor((state / 2 ** 32) * sides.length)] as (typeof sides)[number];
  };
}

function randomFault(dice: Dice, deeds: readonly DeedName[]): Fault {
  const effect = dice(WALKED);
  const nth = 1 + dice([...Array(TIMES[effect] ?? 1).keys()]);
  // Half of them are what happens most often.
  return { effect, nth, at: dice(momentsOf(effect)), deed: dice([true, false]) ? "kill" : dice(deeds) };
}
