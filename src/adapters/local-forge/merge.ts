import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "../git/doors.ts";
import { mergeCommit } from "../git/merge.ts";
import { headRef } from "../git/names.ts";
import { writeEvent } from "./chains.ts";
import type { Folded } from "./fold.ts";
import { baseCheckedOut, conflict, headMoved, notOpen, unknownBase } from "../../ports/forge-errors.ts";
import type { Stamp } from "./plan-event.ts";
import type { RefHost } from "./ref-host.ts";
import type { Entry, Shelf } from "./shelf.ts";

/**
 * Tries once to merge exactly `head`: the merge commit and the event that tells of it appear together or not at
 * all. Gives the pull request as it is then; null when the base or the chain moved meanwhile.
 */
export async function tryMerge(
  { doors, host }: { readonly doors: Doors; readonly host: RefHost },
  {
    entry,
    shelf,
    head,
    stamp,
  }: { readonly entry: Entry; readonly shelf: Shelf; readonly head: string; readonly stamp: Stamp },
): Promise<Folded | null> {
  const { number, pr, ref, tip } = entry;
  if (pr.state === "merged") return pr;
  if (pr.state !== "open") throw notOpen(number, pr);
  if (pr.head !== head) throw headMoved(number, pr, head);
  const base = shelf.bases.get(pr.base);
  if (base === undefined) throw unknownBase(pr.branch, pr.base);
  const checkout = await host.readCheckout(pr.base);
  if (checkout !== null) throw baseCheckedOut(number, pr, checkout);

  await host.ensureObjects(new Map([[ref, tip]]));
  const message = `Merge pull request #${number} from ${pr.branch}\n\n${pr.title}\n`;
  const merged = await mergeCommit(doors, { ours: base, theirs: head, message, author: "dispatch", date: stamp.at });
  if ("conflicts" in merged) throw conflict(number, pr, merged.conflicts);
  const { commit } = merged;
  const event = await writeEvent(doors, tip, { ...stamp, kind: "merged", head, commit });
  const swaps = [
    { ref: headRef(pr.base), to: commit, from: base },
    { ref, to: event, from: tip },
  ];
  try {
    if (!(await host.swap(swaps, `merge of pull request #${number}`))) return null;
  } catch (error) {
    // Origin is behind a network, or its checkout was switched since we looked.
    if (error instanceof DispatchError && /branch is currently checked out/.test(String(error.facts["said"])))
      throw baseCheckedOut(number, pr, null);
    throw error;
  }
  return { ...pr, state: "merged", mergeCommit: commit };
}
