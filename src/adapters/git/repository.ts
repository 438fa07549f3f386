import { hostname } from "node:os";
import { relative, resolve } from "node:path";
import { parseBranchName } from "../../domain/branch-name.ts";
import { DispatchError, EXIT, hasErrorCode } from "../../domain/errors.ts";
import type { Claims } from "../../ports/claims.ts";
import type { Handover } from "../../ports/handover.ts";
import type { Base, Repository } from "../../ports/repository.ts";
import { readAudit, recordAudit } from "./audit-ref.ts";
import { fetchCommit, keepBase } from "./base.ts";
import { changeReader, readDiff } from "./changes.ts";
import { type Doors, openDoors } from "./doors.ts";
import { realPathOf } from "./files.ts";
import { type GitClaims, openClaims } from "./claims.ts";
import { ensureCloneId } from "./clone-id.ts";
import { NO_HANDOVER, openHandover } from "./handover.ts";
import {
  isAncestor,
  mergeBase,
  readDescendants,
  readFileAt,
  readOwnTask,
  readFilesAt,
  trailerReader,
} from "./history.ts";
import { repositoryId } from "./identity.ts";
import { inBatches } from "./in-batches.ts";
import { forecast, mergedCommit, replay } from "./merge.ts";
import { requireBranch, requireObjectId, requireOwnBranch } from "./names.ts";
import { ensureOrchDir } from "./orch-dir.ts";
import { readOutlook } from "./outlook.ts";
import { type Place, requireRepository } from "./place.ts";
import { deleteBranch, dropSalvage, moveBranch, readBranch, readSalvage, salvage } from "./refs.ts";
import { openRegistry, type Registry } from "./registry.ts";
import { type BranchPush, isOriginDown, openRemote, redactUrl, type Remote } from "./remote.ts";
import { openRemoteRefs } from "./remote-refs.ts";
import type { Slot } from "./schema.ts";
import { indexPath, openSlots, type Slots } from "./slots.ts";
import { overlay, rewrite, takeLive, takeSnapshot } from "./snapshot.ts";

export interface RepositoryOptions {
  /** Any folder of the user's checkout, a linked worktree of theirs, or a bare repository. */
  readonly root: string;
  /** Of this repository alone; outside of it. */
  readonly stateDir: string;
  /** Relative to the top of the main checkout, or absolute. */
  readonly workDir: string;
  /** Branch name from the configuration. */
  readonly base?: string | undefined;
  /** What `requireRepository` said of `root`, when it was asked before. */
  readonly place?: Place;
  /** What makes two folders the same repository; default `folder`. */
  readonly identity?: "folder" | "origin";
  /** Of the user: PATH, credentials, proxies. */
  readonly env?: NodeJS.ProcessEnv;
  /** What lets git in at origin, beside the user's own ways. */
  readonly login?: (() => Promise<Readonly<Record<string, string>>>) | undefined;
  /** Where several hosts share a database: who we are among them, and who is there no more. */
  readonly membership?: Membership;
  /** Ends waiting for origin, and some seconds later whatever hangs on files of an agent. */
  readonly signal?: AbortSignal;
}

/** Read when it is needed: a process joins the other hosts after it has opened the repository, if at all. */
export interface Membership {
  readonly host: { readonly id: string; isGone(owner: string): Promise<boolean> } | null;
}

/** What the other parts of this adapter and the local forge need beyond the port. */
export interface GitRepository extends Repository {
  readonly place: Place;
  readonly doors: Doors;
  readonly registry: Registry;
  readonly slots: Slots;
  readonly stateDir: string;
  readonly claims: Claims;
  readonly handover: Handover;
  /** Absolute. */
  readonly workDir: string;
  /** The last known base, without asking origin. */
  readBase(): Promise<Base | null>;
}

export async function openRepository(options: RepositoryOptions): Promise<GitRepository> {
  const { stateDir, signal, login } = options;
  const env = options.env ?? process.env;
  const place = options.place ?? (await requireRepository(options.root, env));
  const workDir = await realPathOf(resolve(place.mainRoot, options.workDir));
  if (!/^\.\.(?:\/|$)/.test(relative(workDir, place.mainRoot))) throw badWorkDir(options.workDir);
  const orchDir = await ensureOrchDir(stateDir, place);
  const doors = openDoors(place, orchDir, env["PATH"] ?? "", signal);
  const remote =
    place.origin === null
      ? null
      : openRemote({ ...place.origin, gitDir: orchDir, objects: doors.objects, env, login, signal });
  const remoteRefs =
    place.origin === null
      ? null
      : // What is given back is given back after a stop, too.
        openRemoteRefs({ ...place.origin, gitDir: orchDir, objects: doors.objects, env, login, signal: doors.late });
  const claims = openClaims({
    doors,
    remote: remoteRefs,
    readOwner: async () => options.membership?.host?.id ?? (await ensureCloneId(place.commonDir)),
    isGone: async (owner) => (await options.membership?.host?.isGone(owner)) ?? false,
    host: hostname(),
    now: Date.now,
  });
  const slots = openSlots(stateDir);
  const bases = keepBase({ doors, remote, configured: options.base ?? null });
  const changes = changeReader(doors);
  return {
    id: repositoryId(place, options.identity ?? "folder"),
    root: place.root,
    commonDir: place.commonDir,
    origin: place.origin === null ? null : redactUrl(place.origin.fetchUrl),
    place,
    doors,
    registry: openRegistry(place.commonDir),
    slots,
    stateDir,
    workDir,
    fetchBase: bases.fetchBase,
    readBase: bases.readBase,
    readBranch: (branch) => readBranch(doors, branch),
    moveBranch: (branch, to, expected) => moveBranch(doors, branch, to, expected),
    deleteBranch: (branch, expected) => deleteBranch(doors, branch, expected),
    claims,
    handover:
      remoteRefs === null || options.membership === undefined
        ? NO_HANDOVER
        : openHandover({ doors, remote: remoteRefs, fetchBase: bases.fetchBase }),
    async fetchObjects(ref) {
      const tips = await bases.readBase();
      await remoteRefs?.fetchObjects([ref], tips === null ? [] : [tips.commit]);
    },
    ...remoteBranches(doors, remote, claims),
    async captureLive(request, signal) {
      const slot = await requireSlot(slots, request.worktree);
      return await takeLive(doors, slot, indexPath(stateDir, slot.name), request, signal);
    },
    async snapshot(request) {
      const slot = await requireSlot(slots, request.worktree);
      const { name } = slot;
      const files = { index: indexPath(stateDir, name), holds: slots.holds.get(name) };
      slots.holds.delete(name);
      const snapshot = await takeSnapshot(doors, slot, files, request);
      slots.holds.set(name, snapshot.commit);
      changes.learn(request.parent, snapshot.commit, snapshot.changes);
      return snapshot;
    },
    salvage: async (task, commit, over = null) => (await salvage(doors, task, commit, { over })).ref,
    readSalvage: () => readSalvage(doors),
    dropSalvage: (kept) => dropSalvage(doors, kept),
    recordAudit: (mark, date) => recordAudit(doors, mark, date),
    readAudit: () => readAudit(doors),
    readChanges: changes.read,
    readDiff: (from, to, maxBytes) => readDiff(doors, from, to, maxBytes),
    overlay: (...args) => overlay(doors, ...args),
    rewrite: (...args) => rewrite(doors, ...args),
    forecast: (ours, theirs) => forecast(doors, ours, theirs),
    readOutlook: (base, heads) => readOutlook(doors, stateDir, base, heads),
    together: (base, head) => mergedCommit(doors, base, head),
    isAncestor: (ancestor, descendant) => isAncestor(doors, ancestor, descendant),
    readDescendants: (ancestor, heads) => readDescendants(doors, ancestor, heads),
    replay: (fork, head, onto) => replay(doors, fork, head, onto),
    mergeBase: (a, b) => mergeBase(doors, a, b),
    readOwnTask: (commit) => readOwnTask(doors, commit),
    readMergedTasks: trailerReader(doors),
    readFile: (commit, path) => readFileAt(doors, commit, path),
    readFiles: (commit, paths) => readFilesAt(doors, commit, paths),
  };
}

type RemoteBranches = Pick<GitRepository, "fetchPublished" | "publish" | "unpublish">;

/** Task branches on origin; without one there is nothing to do. */
function remoteBranches(doors: Doors, remote: Remote | null, claims: GitClaims): RemoteBranches {
  const push = inBatches(async (pushes: readonly BranchPush[]): Promise<readonly void[]> => {
    await remote?.push(pushes);
    return pushes.map(() => undefined);
  }, isOriginDown);
  return {
    async fetchPublished(branch) {
      const there = (await remote?.fetchHeads([requireBranch(branch)]))?.heads.get(branch);
      if (remote === null || there === undefined) return null;
      return fetchCommit(doors, remote, branch, requireObjectId(there));
    },
    async publish(branch, commit, expected) {
      requireOwnBranch(branch);
      requireObjectId(commit);
      if (expected !== null) requireObjectId(expected);
      const { guard, renewed, requireHeld } = await claims.guard(parseBranchName(branch)?.id ?? "");
      try {
        await push({ branch, to: commit, expected, guard });
      } catch (error) {
        if (hasErrorCode(error, "push_rejected")) await requireHeld();
        throw error;
      }
      renewed();
    },
    async unpublish(branch, expected) {
      requireOwnBranch(branch);
      requireObjectId(expected);
      if (remote === null || !(await remote.fetchHeads([branch])).heads.has(branch)) return;
      await push({ branch, to: null, expected });
    },
  };
}

function badWorkDir(workDir: string): DispatchError {
  return new DispatchError({
    code: "invalid_work_dir",
    message: `Worktrees cannot lie in ${JSON.stringify(workDir)}: the repository itself is in it.`,
    hint: 'Name a folder of its own in dispatch.jsonc: "workDir": ".work"',
    exit: EXIT.usage,
    facts: { workDir },
  });
}

async function requireSlot(slots: Slots, worktree: string): Promise<Slot> {
  const slot = (await slots.read()).find(({ path }) => path === worktree);
  if (slot === undefined) throw unknownWorktree(worktree);
  return slot;
}

function unknownWorktree(path: string): DispatchError {
  return new DispatchError({
    code: "worktree_gone",
    message: `${path} is not a worktree of ours, so its files are not taken for work.`,
    hint: "Start again with: dispatch retry TASK",
    facts: { path },
  });
}
