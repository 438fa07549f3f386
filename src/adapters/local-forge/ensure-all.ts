import type { Doors } from "../git/doors.ts";
import { headRef } from "../git/names.ts";
import type { RefSwap } from "../git/ref-swap.ts";
import type { PullRequest, PullRequestDraft } from "../../ports/forge.ts";
import { writeEvent } from "./chains.ts";
import { applyEvent, type Folded, openedBy, toPullRequest } from "./fold.ts";
import { nothingToMerge, unknownBase } from "../../ports/forge-errors.ts";
import { planOpen, planUpdate, type Stamp } from "./plan-event.ts";
import type { RefHost } from "./ref-host.ts";
import { chainRef, type Entry, type OpenShelf } from "./shelf.ts";

export interface Ensuring {
  readonly doors: Doors;
  readonly host: RefHost;
  readonly shelf: OpenShelf;
  /** Of the base as it was last seen; null when it was not. */
  readonly readBase: () => Promise<{ readonly commit: string } | null>;
  readonly stamp: () => Stamp;
}

/** A pull request as it will be, and the event that makes it so; none when it is already. */
interface Intended {
  readonly number: number;
  readonly pr: Folded;
  readonly swap: RefSwap | null;
}

/**
 * Tries once to give each branch its one pull request, all together or none. Branches differ from each other. null
 * when somebody else was faster.
 */
export async function ensureAll(
  ensuring: Ensuring,
  drafts: readonly PullRequestDraft[],
): Promise<readonly PullRequest[] | null> {
  const { host, shelf } = ensuring;
  const [now] = await Promise.all([shelf.fetch(drafts.map(({ base }) => base)), prepare(ensuring, drafts)]);
  const entries = [...now.entries.values()];
  const intended: Intended[] = [];
  let next = Math.max(0, ...now.entries.keys()) + 1;
  for (const draft of drafts) {
    const known = findOf(draft.branch, entries);
    if (known !== undefined) intended.push(await bringUpToDate(ensuring, known, draft));
    else intended.push(await open(ensuring, next++, draft, now.bases.get(draft.base)));
  }
  const swaps = intended.flatMap(({ swap }) => swap ?? []);
  if (swaps.length > 0 && !(await host.swap(swaps, "pull requests opened or updated"))) return null;
  for (const { swap, pr } of intended) if (swap !== null) shelf.learn(swap.to, pr);
  return intended.map(({ number, pr }) => toPullRequest(number, pr));
}

/** While origin is asked: are the heads here, and not in the base as it was last seen? Most often that is all. */
async function prepare({ host, shelf, readBase }: Ensuring, drafts: readonly PullRequestDraft[]): Promise<void> {
  const base = await readBase();
  const heads = drafts.map(({ head }) => head);
  const isHere =
    base !== null &&
    (await shelf.askAbout(base.commit, heads).then(
      () => true,
      () => false,
    ));
  // Another host may have pushed them.
  if (!isHere) await host.ensureObjects(new Map(drafts.map(({ branch, head }) => [headRef(branch), head])));
}

/** The open pull request of the branch, else its newest. */
function findOf(branch: string, entries: readonly Entry[]): Entry | undefined {
  const ofBranch = entries.filter(({ pr }) => pr.branch === branch);
  return ofBranch.find(({ pr }) => pr.state === "open") ?? ofBranch.at(-1);
}

async function open(
  { doors, host, shelf, readBase, stamp }: Ensuring,
  number: number,
  draft: PullRequestDraft,
  base: string | undefined,
): Promise<Intended> {
  const { branch, head } = draft;
  if (base === undefined) throw unknownBase(branch, draft.base);
  // The base may have moved on origin since it was fetched here.
  if (base !== (await readBase())?.commit) await host.ensureObjects(new Map([[headRef(draft.base), base]]));
  if (await shelf.isIn(base, head)) throw nothingToMerge(branch, draft.base, head);
  const event = planOpen(draft, stamp());
  const to = await writeEvent(doors, null, event);
  return { number, pr: openedBy(event), swap: { ref: chainRef(number), to, from: null } };
}

async function bringUpToDate(
  { doors, host, stamp }: Ensuring,
  { number, ref, tip, pr }: Entry,
  draft: PullRequestDraft,
): Promise<Intended> {
  const event = pr.state === "open" ? planUpdate(draft, stamp())(number, pr) : null;
  if (event === null) return { number, pr, swap: null };
  await host.ensureObjects(new Map([[ref, tip]]));
  const to = await writeEvent(doors, tip, event);
  return { number, pr: applyEvent(pr, event), swap: { ref, to, from: tip } };
}
