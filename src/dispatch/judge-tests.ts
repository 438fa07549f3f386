import { withOutput } from "../domain/check-verdict.ts";
import type { Finding } from "../domain/verdict.ts";
import type { CheckRun } from "../ports/checks.ts";
import { ensureBaseChecked } from "./base-checks.ts";
import { ensureChecked } from "./ensure-checked.ts";
import type { AssignmentInput, AssignmentOutcome, ProposedTests } from "./episode.ts";
import { forkOf } from "./evidence.ts";
import { land } from "./harvest.ts";
import type { Ports } from "./ports.ts";
import { recordTests } from "./propose-tests.ts";

type Verdict = Extract<AssignmentOutcome, { kind: "verdict" }>;

type Judged =
  | { readonly kind: "adopted" }
  | { readonly kind: "useless"; readonly why: string }
  /** On the very head that they were written for. */
  | { readonly kind: "failing"; readonly ran: CheckRun };

/**
 * Tests that a tester wrote become part of the change when they fail without it and pass with it. Those that fail with
 * it are what the tester found, and lie in its worktree the next time; if it approves all the same, it is asked once
 * more before its word counts against its own tests. A redo finds what was done and says the same.
 */
export async function judgeTests(
  ports: Ports,
  input: AssignmentInput,
  { tests, ...outcome }: Verdict & { readonly tests: ProposedTests },
  signal: AbortSignal,
): Promise<AssignmentOutcome> {
  const { files, ref, commit, dropped } = tests;
  const { task, base, rules } = input.episode;
  for (const one of [base.commit, input.commit, commit]) await ports.handover.bring(task.id, one);
  const judged = await judge(ports, input, tests, signal);
  const left = async (why: string): Promise<void> =>
    await recordTests(ports, input, { files, adopted: false, why: both(why, dropped), ref });
  switch (judged.kind) {
    case "adopted":
      await land(ports, input, { commit, changes: await ports.repository.readChanges(input.commit, commit) });
      await ports.repository.dropSalvage({ ref, commit });
      await recordTests(ports, input, { files, adopted: true, why: dropped, ref: null });
      return { ...outcome, head: commit };
    case "useless":
      await left(judged.why);
      return outcome;
    case "failing": {
      await left("they fail on the head");
      const { verdict } = outcome;
      const isApproved = verdict.decision === "approve";
      if (isApproved) return input.attempt < rules.attempts ? { ...outcome, tests, again: true } : outcome;
      const findings = [...verdict.findings, await asFinding(ports, input, tests, judged.ran)];
      return { ...outcome, verdict: { ...verdict, findings }, tests };
    }
  }
}

const both = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("; ");

async function judge(ports: Ports, input: AssignmentInput, tests: ProposedTests, signal: AbortSignal): Promise<Judged> {
  const { episode, commit: head, round } = input;
  const { run, rules, branch } = episode;
  const now = await ports.repository.readBranch(branch);
  // On another host it may be behind, or not there at all.
  const isFree = now === null || now === tests.commit || (await ports.repository.isAncestor(now, head));
  if (!isFree) return { kind: "useless", why: `somebody moved ${branch} meanwhile` };
  const fork = await forkOf(ports, episode, head);
  const onBase = await ensureBaseChecked(ports, { run, limits: rules.limits }, fork, signal);
  // What fails where everything fails tells nothing.
  if (onBase?.exitCode !== 0) return { kind: "useless", why: "the checks fail on the base by themselves" };
  const ran = await ensureChecked(ports, episode, { kind: "head", commit: tests.commit, fork, round }, signal);
  if (ran.exitCode !== 0) return { kind: "failing", ran };
  const commit = await ports.repository.overlay(fork, tests.commit, tests.files);
  const without = await ensureChecked(ports, episode, { kind: "without_change", commit, fork, round }, signal);
  return without.exitCode === 0 ? { kind: "useless", why: "they pass without the change" } : { kind: "adopted" };
}

/** Of the tests themselves: enough to see what they want, since they are on no branch that the coder has. */
const DIFF_BYTES = 8000;

async function asFinding(
  ports: Ports,
  { commit: head, agent }: AssignmentInput,
  { commit, files }: ProposedTests,
  ran: CheckRun,
): Promise<Finding> {
  const diff = await ports.repository.readDiff(head, commit, DIFF_BYTES);
  const sentence = `tests of ${agent} fail on this change (\`${ran.command}\`, exit code ${ran.exitCode}), ${files.join(", ")}`;
  const message = `${ports.secrets.mask(withOutput(sentence, ran))}\n\nThe tests, for you to read; they are added when they pass:\n${diff}`;
  return { path: files[0] ?? null, line: null, severity: "blocker", rule: "tests", message, skills: [] };
}
