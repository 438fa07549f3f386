import type { Clock } from "../../ports/clock.ts";
import type { Forge, PullRequest, PullRequestDraft } from "../../ports/forge.ts";
import { inBatches } from "../git/in-batches.ts";
import { headRef, requireBranch, requireObjectId } from "../git/names.ts";
import { isOriginDown } from "../git/remote.ts";
import { openRemoteRefs } from "../git/remote-refs.ts";
import type { GitRepository } from "../git/repository.ts";
import { writeEvent } from "./chains.ts";
import { ensureAll } from "./ensure-all.ts";
import { applyEvent, type Folded, toDetails, toPullRequest } from "./fold.ts";
import { busy, notOpen, unknownPullRequest } from "../../ports/forge-errors.ts";
import { tryMerge } from "./merge.ts";
import { originRefs } from "./origin-refs.ts";
import { type Plan, planClose, planComment, planReview, type Stamp } from "./plan-event.ts";
import type { RefHost } from "./ref-host.ts";
import { repositoryRefs } from "./repository-refs.ts";
import { type Entry, openShelf, type Shelf } from "./shelf.ts";
import { UNSHOWN } from "./unshown.ts";

export interface LocalForgeOptions {
  readonly repository: Pick<GitRepository, "place" | "doors" | "fetchBase" | "readBase">;
  readonly clock: Pick<Clock, "now">;
  /** Who opens and updates pull requests. */
  readonly by: string;
  /** The user's, for credentials. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends waiting for origin. */
  readonly signal?: AbortSignal;
}

/** How often others may be faster before we give up. */
const TRIES = 30;

/**
 * Pull requests without a server: `refs/dispatch/pr/<n>` is a chain of commits, one for each event, that only grows.
 * It lives on origin, or in the repository without one; whoever pushes first is right, the other reads again.
 */
export function openLocalForge(options: LocalForgeOptions): Forge {
  const { repository, clock } = options;
  const { doors } = repository;
  const host = openHost(options);
  const shelf = openShelf({ doors, host, readBase: async () => (await repository.readBase())?.branch ?? null });
  const stamp = (by: string): Stamp => ({ v: 1, at: new Date(clock.now()).toISOString(), by });

  const change = async (entry: Entry, plan: Plan): Promise<Folded | null> => {
    const event = plan(entry.number, entry.pr);
    if (event === null) return entry.pr;
    await host.ensureObjects(new Map([[entry.ref, entry.tip]]));
    const to = await writeEvent(doors, entry.tip, event);
    if (!(await host.swap([{ ref: entry.ref, to, from: entry.tip }], `pull request ${event.kind}`))) return null;
    const pr = applyEvent(entry.pr, event);
    // What has ended may have done so in the base, which its chain does not say.
    if (pr.state === "open") shelf.learn(to, pr);
    return pr;
  };

  const append = (number: number, plan: Plan): Promise<Folded> =>
    untilDone(`The change of pull request #${number}`, async () =>
      change(requireEntry(await shelf.fetch(), number), plan),
    );

  const ensuring = { doors, host, shelf, readBase: repository.readBase, stamp: () => stamp(options.by) };
  // Numbers are given one batch at a time: lanes of one process would race each other for the next.
  const ensure = inBatches((drafts: readonly PullRequestDraft[]): Promise<readonly PullRequest[]> => {
    const branches = new Set(drafts.map(({ branch }) => branch));
    // Then one by one: the second has to see what the first made.
    if (branches.size < drafts.length) return Promise.reject(new Error("a branch is twice in one batch"));
    return untilDone(`Opening a pull request for ${[...branches].join(", ")}`, () => ensureAll(ensuring, drafts));
  }, isOriginDown);

  return {
    kind: "local",
    ...UNSHOWN,
    async ensurePullRequest(draft) {
      requireBranch(draft.branch);
      requireBranch(draft.base);
      requireObjectId(draft.head);
      return await ensure(draft);
    },
    async fetchPullRequests() {
      return [...(await shelf.fetch()).entries.values()].map(({ number, pr }) => toPullRequest(number, pr));
    },
    async fetchPullRequest(number) {
      const entry = (await shelf.fetch()).entries.get(number);
      return entry === undefined ? null : toDetails(number, entry.pr);
    },
    async fetchForeign(number) {
      const { pr } = requireEntry(await shelf.fetch(), number);
      // Its branch goes when it ends.
      if (pr.state !== "open") throw notOpen(number, pr);
      const { title, body, head, branch } = pr;
      return { number, title, body, by: options.by, head, ref: headRef(branch) };
    },
    async ensureComment(number, key, body, by) {
      await append(number, planComment(key, body, stamp(by)));
    },
    async review(number, verdict, head, by, why) {
      return toPullRequest(number, await append(number, planReview(verdict, head, why, stamp(by))));
    },
    async merge(number, head, by) {
      const merged = await untilDone(`The merge of pull request #${number}`, async () => {
        const now = await shelf.fetch();
        return tryMerge({ doors, host }, { entry: requireEntry(now, number), shelf: now, head, stamp: stamp(by) });
      });
      return toPullRequest(number, merged);
    },
    async close(number, by, why) {
      return toPullRequest(number, await append(number, planClose(why, stamp(by))));
    },
  };
}

function openHost({ repository, env, signal }: LocalForgeOptions): RefHost {
  const { doors, place } = repository;
  if (place.origin === null) return repositoryRefs(doors);
  const { orchDir, objects } = doors;
  const remote = openRemoteRefs({ ...place.origin, gitDir: orchDir, objects, env: env ?? process.env, signal });
  return originRefs({ doors, remote, pushUrl: place.origin.pushUrl, fetchBase: () => repository.fetchBase() });
}

function requireEntry({ entries }: Shelf, number: number): Entry {
  const entry = entries.get(number);
  if (entry === undefined) throw unknownPullRequest(number);
  return entry;
}

/** Optimistic: reads, decides, swaps, and does it again when somebody else was faster (null). */
async function untilDone<T>(what: string, attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw busy(what, TRIES);
}
