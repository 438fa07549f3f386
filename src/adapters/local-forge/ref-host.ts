import type { RefSwap } from "../git/ref-swap.ts";

export const CHAINS = "refs/dispatch/pr/";

/** Where the chains and the base live: origin, or the repository itself without one. */
export interface RefHost {
  /** Where they are, name → id. A pattern is a full name, or ends in a slash and stands for all below it. */
  fetchRefs(patterns: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Makes everything that these refs lead to readable here. */
  ensureObjects(refs: ReadonlyMap<string, string>): Promise<void>;
  /** All or none. False when one is not where it was expected, or held by somebody for a moment: read again. */
  swap(swaps: readonly RefSwap[], why: string): Promise<boolean>;
  /** The checkout below which the branch must not move; null when there is none, or none that we can see. */
  readCheckout(branch: string): Promise<string | null>;
}

/** After a failed swap: was it ours after all, somebody else's, or did something break? */
export async function judgeSwap(
  host: Pick<RefHost, "fetchRefs">,
  swaps: readonly RefSwap[],
): Promise<"done" | "moved" | "as before"> {
  const refs = await host.fetchRefs(swaps.map(({ ref }) => ref));
  if (swaps.every(({ ref, to }) => refs.get(ref) === to)) return "done";
  return swaps.every(({ ref, from }) => (refs.get(ref) ?? null) === from) ? "as before" : "moved";
}
