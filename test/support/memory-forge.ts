import { createHash } from "node:crypto";
import { applyEvent, type Folded, openedBy, toDetails, toPullRequest } from "../../src/adapters/local-forge/fold.ts";
import { conflict, headMoved, nothingToMerge, notOpen, unknownPullRequest } from "../../src/ports/forge-errors.ts";
import {
  type Plan,
  planClose,
  planComment,
  planOpen,
  planReview,
  planUpdate,
  type Stamp,
} from "../../src/adapters/local-forge/plan-event.ts";
import { UNSHOWN } from "../../src/adapters/local-forge/unshown.ts";
import type { Forge } from "../../src/ports/forge.ts";

type Files = Readonly<Record<string, string>>;

interface MemoryCommit {
  readonly parents: readonly string[];
  readonly files: Files;
}

/** As much of a repository as a forge has to know: commits with whole files, and branches. */
export interface MemoryHistory {
  readBranch(branch: string): string | null;
  readCommit(commit: string): MemoryCommit;
  /** Writes files onto a branch; a new one begins at `from` (default: an empty history). Gives the commit. */
  commit(branch: string, files: Files, from?: string): string;
  isAncestor(ancestor: string, descendant: string): boolean;
  /** A merge commit on the branch, file by file, or the files that both changed. */
  merge(branch: string, head: string): { readonly commit: string } | { readonly conflicts: readonly string[] };
}

export function memoryHistory(): MemoryHistory {
  const commits = new Map<string, MemoryCommit>();
  const branches = new Map<string, string>();

  const readCommit = (id: string): MemoryCommit => {
    const found = commits.get(id);
    if (found === undefined) throw new Error(`no commit ${id}`);
    return found;
  };
  const add = (branch: string, commit: MemoryCommit): string => {
    const id = createHash("sha1").update(JSON.stringify(commit)).digest("hex");
    commits.set(id, commit);
    branches.set(branch, id);
    return id;
  };
  /** Itself first, parents later. */
  const history = (id: string): readonly string[] => {
    const seen = new Set([id]);
    for (const one of seen) for (const parent of readCommit(one).parents) seen.add(parent);
    return [...seen];
  };

  return {
    readBranch: (branch) => branches.get(branch) ?? null,
    readCommit,
    commit(branch, files, from) {
      const tip = branches.get(branch) ?? from;
      const before = tip === undefined ? {} : readCommit(tip).files;
      return add(branch, { parents: tip === undefined ? [] : [tip], files: { ...before, ...files } });
    },
    isAncestor: (ancestor, descendant) => history(descendant).includes(ancestor),
    merge(branch, head) {
      const tip = branches.get(branch) ?? "";
      const theirs = new Set(history(head));
      const fork = history(tip).find((one) => theirs.has(one));
      const [ours, other] = [readCommit(tip).files, readCommit(head).files];
      const start: Files = fork === undefined ? {} : readCommit(fork).files;
      const paths = [...new Set([...Object.keys(ours), ...Object.keys(other)])].sort();
      const merged = paths.map((path) => [path, mergeText(start[path], ours[path], other[path])] as const);
      const conflicts = merged.flatMap(([path, text]) => (text === null ? [path] : []));
      if (conflicts.length > 0) return { conflicts };
      const files = Object.fromEntries(merged.filter((pair): pair is readonly [string, string] => pair[1] != null));
      return { commit: add(branch, { parents: [tip, head], files }) };
    },
  };
}

/** Line by line, for texts that keep their lines; null where both sides changed the same. */
function mergeText(start?: string, ours?: string, theirs?: string): string | null | undefined {
  if (ours === theirs || theirs === start) return ours;
  if (ours === start) return theirs;
  const [old, one, two] = [start, ours, theirs].map((text) => text?.split("\n") ?? []);
  if (old === undefined || one?.length !== old.length || two?.length !== old.length) return null;
  const lines = old.map((line, n) => (two[n] === line ? one[n] : one[n] === line || one[n] === two[n] ? two[n] : null));
  return lines.includes(null) ? null : lines.join("\n");
}

export interface MemoryForgeOptions {
  readonly history: MemoryHistory;
  readonly now?: () => number;
  readonly by?: string;
}

/** A forge that is gone with its process; keeps the same contract as the real ones. */
export function memoryForge({ history, now = Date.now, by = "dispatch" }: MemoryForgeOptions): Forge {
  const shelf = new Map<number, Folded>();
  const stamp = (who: string): Stamp => ({ v: 1, at: new Date(now()).toISOString(), by: who });

  /** What the pull request is, merges by others included. */
  const look = (number: number): Folded => {
    const pr = shelf.get(number);
    if (pr === undefined) throw unknownPullRequest(number);
    const base = history.readBranch(pr.base) ?? "";
    if (pr.state !== "open" || !history.isAncestor(pr.head, base)) return pr;
    return { ...pr, state: "merged", mergeCommit: base };
  };
  const change = (number: number, plan: Plan): Folded => {
    const pr = look(number);
    const event = plan(number, pr);
    const changed = event === null ? pr : applyEvent(pr, event);
    shelf.set(number, changed);
    return changed;
  };
  const find = (branch: string): number | undefined => [...shelf].findLast(([, pr]) => pr.branch === branch)?.[0];

  return {
    kind: "local",
    ...UNSHOWN,
    async ensurePullRequest(draft) {
      const known = find(draft.branch);
      if (known !== undefined && look(known).state !== "open") return toPullRequest(known, look(known));
      if (known !== undefined) return toPullRequest(known, change(known, planUpdate(draft, stamp(by))));
      if (history.isAncestor(draft.head, history.readBranch(draft.base) ?? ""))
        throw nothingToMerge(draft.branch, draft.base, draft.head);
      const number = shelf.size + 1;
      shelf.set(number, openedBy(planOpen(draft, stamp(by))));
      return toPullRequest(number, look(number));
    },
    async fetchPullRequests() {
      return [...shelf.keys()].map((number) => toPullRequest(number, look(number)));
    },
    async fetchPullRequest(number) {
      return shelf.has(number) ? toDetails(number, look(number)) : null;
    },
    fetchForeign: () => Promise.reject(new Error("nobody looks at these")),
    async ensureComment(number, key, body, who) {
      change(number, planComment(key, body, stamp(who)));
    },
    async review(number, verdict, head, who, why) {
      return toPullRequest(number, change(number, planReview(verdict, head, why, stamp(who))));
    },
    async merge(number, head, who) {
      const pr = look(number);
      if (pr.state === "merged") return toPullRequest(number, pr);
      if (pr.state !== "open") throw notOpen(number, pr);
      if (pr.head !== head) throw headMoved(number, pr, head);
      const merged = history.merge(pr.base, head);
      if ("conflicts" in merged) throw conflict(number, pr, merged.conflicts);
      const { commit } = merged;
      shelf.set(number, applyEvent(pr, { ...stamp(who), kind: "merged", head, commit }));
      return toPullRequest(number, look(number));
    },
    async close(number, who, why) {
      return toPullRequest(number, change(number, planClose(why, stamp(who))));
    },
  };
}
