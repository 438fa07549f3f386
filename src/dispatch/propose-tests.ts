import { globMatches } from "../domain/overlap.ts";
import type { AgentOutcome } from "../ports/agent.ts";
import type { FileChange } from "../ports/repository.ts";
import type { Worktree } from "../ports/worktrees.ts";
import { scopeOf } from "./bookends.ts";
import { inputKey } from "./count-start.ts";
import type { AssignmentInput, ProposedTests } from "./episode.ts";
import { commitWords, refused } from "./harvest.ts";
import { findSecrets, findViolation } from "./inspect.ts";
import { record, type Ports } from "./ports.ts";

/** A tester that is more than the user's checks; those are run beside it. */
export function isOwnTester({ agents, checks }: Ports, { role, agent }: AssignmentInput): boolean {
  return role === "tester" && agents.get(agent)?.engine !== "checks" && checks.command !== null;
}

export const mayAddTests = (ports: Ports, input: AssignmentInput): boolean =>
  isOwnTester(ports, input) && input.episode.rules.testPaths.length > 0;

/**
 * The tests that a tester leaves, as a commit on the head that it tested. Nothing else of what it changed is taken: its
 * checks write files of their own, so a stray one says nothing against its tests, which are run without any of them.
 */
export async function proposeTests(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  outcome: AgentOutcome,
): Promise<ProposedTests | null> {
  const { episode, commit: head } = input;
  const words = await commitWords(ports, input, outcome);
  const request = { worktree: worktree.path, parent: head, limits: episode.rules.limits, ...words };
  const snapshot = await ports.repository.snapshot(request).catch((error: unknown) => refused(ports, error));
  if ("kind" in snapshot) return await turnDown(ports, input, [], snapshot.reason);
  if (snapshot.changes.length === 0) return null;
  const files = snapshot.changes.filter((change) => isTest(change, episode.rules.testPaths)).map(({ path }) => path);
  const others = snapshot.changes.map(({ path }) => path).filter((path) => !files.includes(path));
  const dropped = others.length === 0 ? "" : `what it did to ${some(others)} was not taken`;
  if (files.length === 0) return await turnDown(ports, input, [], dropped);
  const commit = await ports.repository.overlay(head, snapshot.commit, files, words);
  const change = { from: head, to: commit };
  const changes = await ports.repository.readChanges(head, commit);
  const problem =
    (await findViolation(ports, change, changes, episode.rules.policy, files)) ??
    (await findSecrets(ports, change, changes, []));
  if (problem !== null) return await turnDown(ports, input, files, ports.secrets.mask(problem));
  const ref = await ports.repository.salvage(episode.task.id, commit, input.tests ?? null);
  await ports.handover.give(episode.task.id, commit);
  return { ref, commit, files, dropped };
}

/** Added, or added to: a test that somebody else wrote does not go away. */
const isTest = ({ path, status }: FileChange, globs: readonly string[]): boolean =>
  (status === "A" || status === "M") && globs.some((glob) => globMatches(glob, path));

const some = (paths: readonly string[]): string =>
  `${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ` and ${paths.length - 3} more` : ""}`;

async function turnDown(ports: Ports, input: AssignmentInput, files: readonly string[], why: string): Promise<null> {
  await recordTests(ports, input, { files, adopted: false, why, ref: null });
  return null;
}

export async function recordTests(
  ports: Ports,
  input: AssignmentInput,
  judged: { readonly files: readonly string[]; readonly adopted: boolean; why: string; ref: string | null },
): Promise<void> {
  const { round, agent } = input;
  await record(ports, scopeOf(input.episode), `${inputKey(input)}/tests`, {
    name: "tests.judged",
    data: { round, agent, ...judged },
  });
}

/** Of a task: files of its change that testers wrote. */
export async function readAdopted({ journal }: Ports, task: string): Promise<readonly string[]> {
  const facts = await journal.read({ task, names: ["tests.judged"] });
  return facts.flatMap((fact) => (fact.name === "tests.judged" && fact.data.adopted ? fact.data.files : []));
}
