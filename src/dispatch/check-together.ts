import { lastWords } from "../domain/display.ts";
import { DispatchError } from "../domain/errors.ts";
import { foldTask } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import { findWorse } from "./inspect.ts";
import { recordChecked, runTogether } from "./check-landings.ts";
import type { Ports, Settings } from "./ports.ts";

/**
 * Where the base moved since the change was checked, the two are checked together before they are merged: each may be
 * green alone. Code `checks_failed`. A base that is red by itself judges nothing, and a conflict is told by the merge.
 */
export async function checkTogether(
  ports: Ports,
  settings: Pick<Settings, "run" | "limits" | "pipeline" | "policy" | "rounds">,
  { task, number, head }: Pick<PullRequest, "task" | "number" | "head">,
  signal: AbortSignal,
): Promise<void> {
  const base = await ports.repository.fetchBase();
  if (await ports.repository.isAncestor(base.commit, head)) return;
  const together = await ports.repository.together(base.commit, head);
  if (together === null) return;
  const worse = await findWorse(ports, { head, base: base.commit, moved: together }, settings.policy);
  if (worse !== null) throw notThere(worse, base.branch, { task, number });
  if (!settings.pipeline.includes("test") || ports.checks.command === null) return;
  const view = foldTask(await ports.journal.read({ task }));
  const { landing } = view;
  if (landing?.outcome === "passes" && landing.head === head && landing.base === base.commit) return;
  const ran = await runTogether(ports, settings, { view, head, commit: together, base }, signal);
  if (!(await recordChecked(ports, settings, { view, head, base, ran }, signal))) return;
  throw new DispatchError({
    code: "checks_failed",
    message: `${base.branch} moved since pull request #${number} of ${task} was checked, and with it the checks fail (exit ${ran.exitCode}${lastWords(ran.tail)}): nothing was merged`,
    hint: `begin anew from there: dispatch retry ${task}, then dispatch run`,
    facts: { task, base: base.commit, exitCode: ran.exitCode, tail: ran.tail },
  });
}

function notThere(why: string, base: string, { task, number }: Pick<PullRequest, "task" | "number">): DispatchError {
  return new DispatchError({
    code: "policy",
    message: `${base} moved since pull request #${number} of ${task} was looked through, and on it ${why}: nothing was merged`,
    hint: `begin anew from there: dispatch retry ${task}, then dispatch run`,
    facts: { task, number },
  });
}
