import { dirname } from "node:path";
import type { Role } from "../../domain/assignment.ts";
import type { Slot, SlotClass } from "./schema.ts";

/** Dependencies that a coder's agent could have changed never reach a tester. */
export function slotClass(role: Role): SlotClass {
  return role === "coder" ? "code" : "verify";
}

export interface Wish {
  readonly class: SlotClass;
  readonly lane: number;
  readonly commit: string;
  readonly workDir: string;
}

export function fits(slot: Slot, wish: Pick<Wish, "class" | "workDir">): boolean {
  return slot.class === wish.class && dirname(slot.path) === wish.workDir;
}

/** The idle slot that is nearest: the lane's own, then one that stands at the commit already. */
export function pickSlot(slots: readonly Slot[], wish: Wish): Slot | null {
  const fitting = slots.filter((slot) => slot.state === "idle" && fits(slot, wish));
  const distance = (slot: Slot): number =>
    (slot.lane === wish.lane ? 0 : 4) + (slot.commit === wish.commit ? 0 : 2) + (slot.lane === null ? 0 : 1);
  return fitting.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

/** One that goes so that another fits in; null while there is room, and where all are in use. Those that hold work count for nobody. */
export function pickSurplus(slots: readonly Slot[], max: number): Slot | null {
  if (slots.filter(({ state }) => state !== "kept").length < max) return null;
  return slots.find(({ state }) => state === "idle") ?? null;
}

/** `s01`, `s02`, …: the first that nobody has taken. */
export function nextSlotName(taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = `s${String(number).padStart(2, "0")}`;
    if (!taken.has(name)) return name;
  }
}
