import {
  type EffectName,
  EFFECTS,
  type Fault as SeamFault,
  parseFaults,
  type Position,
} from "../../src/domain/effect.ts";
import { DEEDS, type DeedName } from "./deeds.ts";

/** A moment, and what goes wrong there. */
export interface Fault {
  readonly effect: EffectName;
  readonly nth: number;
  readonly at: Position;
  readonly deed: DeedName;
}

/** Where nothing is written down afterwards, `recorded` is the same moment as `after`. */
export const momentsOf = (effect: EffectName): readonly Position[] =>
  EFFECTS[effect].length > 0 ? ["before", "after", "recorded"] : ["before", "after"];

export const nameOf = ({ effect, nth, at, deed }: Fault): string => `${effect}:${nth}:${at}:${deed}`;

/** As the seam of the product reads it (docs/contract.md §8). */
export const seamText = ({ effect, nth, at, deed }: Fault): string => `${effect}:${nth}:${at}:${DEEDS[deed].harm}`;

/** What the product says on stderr when the moment came. */
export const sentence = ({ effect, nth, at }: Fault): string => `DISPATCH_FAULT: ${effect} ${nth}, ${at}:`;

/** `push:1:after:clock+6h`: as `DISPATCH_FAULT` is written, with the name of a deed at the end. */
export function parseFault(text: string): Fault {
  const end = text.lastIndexOf(":");
  const deed = Object.keys(DEEDS).find((name): name is DeedName => name === text.slice(end + 1));
  const read = parseFaults(`${text.slice(0, end)}:kill`);
  const [fault, ...more]: readonly SeamFault[] = typeof read === "string" ? [] : read;
  if (deed === undefined || fault === undefined || more.length > 0)
    throw new Error(`${text} is not EFFECT:NTH:before|after|recorded:${Object.keys(DEEDS).join("|")}`);
  return { effect: fault.effect, nth: fault.nth, at: fault.at, deed };
}
