import { formatCommit } from "../domain/commit-text.ts";
import { hasErrorCode } from "../domain/errors.ts";
import { reasonOf } from "../domain/retry.ts";
import type { AgentOutcome } from "../ports/agent.ts";
import type { CommitWords, Kept, Snapshot } from "../ports/repository.ts";
import type { Worktree } from "../ports/worktrees.ts";
import { scopeOf } from "./bookends.ts";
import { inputKey } from "./count-start.ts";
import { failure, type AssignmentInput, type AssignmentOutcome, type Failure } from "./episode.ts";
import { findSecrets, findViolation } from "./inspect.ts";
import { resting } from "./outcomes.ts";
import { isoTime, record, type Ports, type Scope } from "./ports.ts";
import { keep, salvage } from "./salvage.ts";

/** What a coder leaves: its files become one commit on the task branch, or are saved where nobody publishes them. */
export async function harvest(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  outcome: AgentOutcome,
  saved: Kept | null,
): Promise<AssignmentOutcome> {
  if (!(await worktree.isIntact()))
    return failure("worktree_gone", `the worktree was deleted or replaced while the coder ran${whereOf(saved)}`);
  if (outcome.end.kind !== "ok") {
    const kept = await salvage(ports, input, worktree, saved);
    const { code, sentence: why } = reasonOf(outcome.end);
    return resting(failure(code, `${why}${whereOf(kept)}`), outcome.end, isoTime(ports.clock.now()), kept);
  }
  const snapshot = await takeSnapshot(ports, input, worktree, outcome).catch((error: unknown) => refused(ports, error));
  if ("kind" in snapshot) return snapshot;
  if (snapshot.changes.length === 0) return failure("no_change", "the coder ended without changing a file");
  const held = await inspect(ports, input, snapshot, outcome);
  if (held !== null) {
    await keep(ports, input, snapshot.commit, saved);
    await recordHeld(ports, input, snapshot, held);
    return held;
  }
  await land(ports, input, snapshot);
  if (saved !== null) await ports.repository.dropSalvage(saved);
  const summary = outcome.result.kind === "valid" ? outcome.result.summary : "";
  return { kind: "work", commit: snapshot.commit, changes: snapshot.changes, summary };
}

/** A human may let through exactly this commit, and no other. */
async function recordHeld(
  ports: Ports,
  input: AssignmentInput,
  { commit }: Snapshot,
  { reason }: Failure,
): Promise<void> {
  const { episode } = input;
  await record(ports, scopeOf(episode), `${inputKey(input)}/inspected/${commit}`, {
    name: "change.inspected",
    data: { commit, policy: episode.rules.policy.hash, reason },
  });
}

/** Files that no pull request may hold. They are saved when the worktree is given back. */
export function refused({ secrets }: Ports, error: unknown): Failure {
  if (hasErrorCode(error, "policy")) return failure("policy", secrets.mask(sentence(error)), true);
  if (hasErrorCode(error, "too_many_files")) return failure("output_limit", secrets.mask(sentence(error)));
  throw error;
}

/** What keeps the snapshot off its branch. Before anybody is paid for looking at it. */
async function inspect(
  ports: Ports,
  { commit: from, episode }: AssignmentInput,
  { commit: to, changes }: Snapshot,
  { result }: AgentOutcome,
): Promise<Failure | null> {
  const violation = await findViolation(ports, { from, to }, changes, episode.rules.policy);
  if (violation !== null) return failure("policy", violation, true);
  if (result.kind === "invalid" && result.isSecret === true) return failure("secret", result.why, true);
  const said = result.kind === "valid" ? [{ place: "the coder's words", text: result.summary }] : [];
  const leak = await findSecrets(ports, { from, to }, changes, said);
  return leak === null ? null : failure("secret", ports.secrets.mask(leak), true);
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const whereOf = (saved: Kept | null): string => (saved === null ? "" : `; its work is saved as ${saved.ref}`);

async function takeSnapshot(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  outcome: AgentOutcome,
): Promise<Snapshot> {
  const words = await commitWords(ports, input, outcome);
  const { limits } = input.episode.rules;
  return await ports.repository.snapshot({ worktree: worktree.path, parent: input.commit, limits, ...words });
}

/** The intent row comes first: a redo reads it, so that the same content becomes the same commit id. */
export async function commitWords(ports: Ports, input: AssignmentInput, outcome: AgentOutcome): Promise<CommitWords> {
  const { episode, round, attempt } = input;
  const version = ports.agents.get(input.agent)?.version ?? "unknown";
  const intent = await record(ports, scopeOf(episode), `${inputKey(input)}/intent`, {
    name: "snapshot.intended",
    data: {
      round,
      attempt,
      parent: input.commit,
      date: isoTime(ports.clock.now()),
      run: episode.run,
      agent: `${input.agent}/${version}`,
    },
  });
  if (intent.name !== "snapshot.intended") throw new Error("the intent of a snapshot is not in the journal");
  const body = outcome.result.kind === "valid" ? outcome.result.summary : "";
  const { id: task, title } = episode.task;
  const { run, date } = intent.data;
  const what = input.role === "coder" ? title : `Tests: ${title}`;
  const message = formatCommit({ title: what, body, task, run, agent: input.agent, version, round });
  return { message, author: input.agent, date };
}

/** An agent's own commits on the branch were content, and are in the snapshot: the branch moves to ours. */
export async function land(
  ports: Ports,
  input: AssignmentInput,
  snapshot: Pick<Snapshot, "commit" | "changes">,
): Promise<void> {
  const { episode, round } = input;
  await ports.repository.moveBranch(episode.branch, snapshot.commit, input.commit).catch(async (error: unknown) => {
    if (!hasErrorCode(error, "ref_moved")) throw error;
    const now = await ports.repository.readBranch(episode.branch);
    await ports.repository.moveBranch(episode.branch, snapshot.commit, now);
  });
  await ports.handover.give(episode.task.id, snapshot.commit);
  const key = `${inputKey(input)}/snapshot/${snapshot.commit}`;
  await recordSnapshot(ports, scopeOf(episode), key, { round, parent: input.commit, ...snapshot });
}

export async function recordSnapshot(
  ports: Ports,
  scope: Scope,
  key: string,
  taken: Pick<Snapshot, "commit" | "changes"> & { readonly round: number; readonly parent: string },
): Promise<void> {
  const { round, commit, parent, changes } = taken;
  const total = (of: "added" | "removed"): number => changes.reduce((sum, change) => sum + (change[of] ?? 0), 0);
  const files = changes.slice(0, 200).map(({ path }) => path);
  const data = { round, commit, parent, files, added: total("added"), removed: total("removed") };
  await record(ports, scope, key, { name: "snapshot.taken", data });
}
