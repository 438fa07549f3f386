import { authorize } from "../domain/authorize.ts";
import { DispatchError, hasErrorCode } from "../domain/errors.ts";
import type { Reason } from "../domain/fact.ts";
import { formatPullRequest, pullRequestTitle, type Evidence } from "../domain/pull-request-text.ts";
import { formatReason } from "../domain/retry.ts";
import { neutralise } from "../domain/neutralise.ts";
import type { PullRequestVerdict } from "../ports/forge.ts";
import type { Steps } from "../ports/steps.ts";
import { keyOf, scopeOf } from "./bookends.ts";
import type { Episode, EpisodeOutcome } from "./episode.ts";
import type { Finished } from "./evidence.ts";
import { findSecrets, findViolation } from "./inspect.ts";
import { isOursThere, lastPushed } from "./ours.ts";
import { record, type Ports } from "./ports.ts";
import { readAdopted } from "./propose-tests.ts";

/** Pushes the exact commit, ensures the one pull request of the branch, and leaves the word to the human. */
export async function publish(
  ports: Ports,
  steps: Steps,
  episode: Episode,
  walk: Finished,
  evidence: Evidence,
): Promise<EpisodeOutcome> {
  const { head } = walk;
  const scope = scopeOf(episode);
  const text = { title: pullRequestTitle(episode.task), body: formatPullRequest(evidence) };
  const held = await steps.run("push", async () => {
    // Another host may have gathered the evidence.
    await ports.handover.bring(episode.task.id, head);
    const reason = await inspect(ports, episode, evidence, text);
    await record(ports, scope, keyOf(episode, `inspected/${head}`), {
      name: "change.inspected",
      data: { commit: head, policy: episode.rules.policy.hash, reason },
    });
    if (reason !== null) return await keepBack(ports, episode, head, reason);
    await record(ports, scope, keyOf(episode, "publish"), { name: "publish.started", data: { commit: head } });
    await push(ports, episode, head);
    await record(ports, scope, keyOf(episode, `pushed/${head}`), {
      name: "branch.pushed",
      data: { branch: episode.branch, commit: head },
    });
    await ports.handover.drop(episode.task.id);
    return null;
  });
  if (held !== null) return await steps.run("end", async () => await leaveBack(ports, episode, held));
  const number = await steps.run("pull-request", async () => {
    const draft = {
      task: episode.task.id,
      branch: episode.branch,
      base: episode.base.branch,
      head,
      draft: walk.kind === "stopped",
    };
    const verdict = verdictOf(episode, walk, evidence);
    // Whoever is told of the pull request finds it judged.
    await ports.forge.showVerdict(null, verdict);
    const pullRequest = await ports.forge.ensurePullRequest({ ...draft, ...text });
    await ports.forge.showVerdict(pullRequest.number, verdict);
    // What was left as it was answers nobody.
    const isAnswer = walk.kind !== "stopped" || head !== episode.start;
    if (episode.feedback.length > 0 && isAnswer) await ports.forge.answer(pullRequest.number, head);
    await record(ports, scope, keyOf(episode, `pr/${head}`), {
      name: "pr.opened",
      data: { number: pullRequest.number, head },
    });
    return pullRequest.number;
  });
  return await steps.run("end", async () => await leave(ports, episode, walk, number));
}

function verdictOf({ task }: Episode, walk: Finished, { rounds, newTestsFail }: Evidence): PullRequestVerdict {
  const findings = (rounds.at(-1)?.verdicts ?? []).flatMap(({ verdict }) => verdict.findings);
  const about = { task: task.id, head: walk.head, findings };
  if (walk.kind === "stopped") return { ...about, outcome: "action_required", sentence: neutralise(walk.reason, 500) };
  const tests =
    newTestsFail === "no tests changed"
      ? "no tests were changed"
      : `new tests fail without the change: ${newTestsFail}`;
  // It stands there when it is merged, too.
  const sentence = `Checks and review pass after ${rounds.length === 1 ? "one round" : `${rounds.length} rounds`}; ${tests}. Whether it is merged is for a human to say.`;
  return { ...about, outcome: "success", sentence };
}

/** The whole of what will be seen, from where its readers know the rest: the base, or what was pushed before. */
async function inspect(
  ports: Ports,
  { task, branch, base, start, rules }: Episode,
  { head, changes, summary, rounds }: Evidence,
  { title, body }: { readonly title: string; readonly body: string },
): Promise<Reason | null> {
  const names = ["branch.pushed", "branch.rebased", "suggestions.intended"] as const;
  const known = await ports.journal.read({ task: task.id, names });
  const fork = (await ports.repository.mergeBase(base.commit, head)) ?? base.commit;
  // What people suggested was put on it since.
  const begun = known.reduceRight(
    (on, { name, data }) => (name === "suggestions.intended" && data.commit === on ? data.parent : on),
    start,
  );
  const from = lastPushed(known, branch) === begun ? begun : fork;
  const refusal = authorize(rules.policy.roles.coder, "open-pull-request", { branch });
  if (refusal !== null) return formatReason(refusal.code, refusal.sentence);
  // Snapshots were judged one by one; several are more than one, and the first may stand on somebody else's.
  const whole = from === fork ? changes : await ports.repository.readChanges(from, head);
  const adopted = await readAdopted(ports, task.id);
  const violation = await findViolation(ports, { from, to: head }, whole, rules.policy, adopted);
  if (violation !== null) return formatReason("policy", violation);
  const words = rounds.flatMap(({ verdicts }) => verdicts.map(({ verdict }) => verdict));
  const said = words.flatMap((word) => [word.summary, ...word.findings.map(({ message }) => message)]);
  const leak = await findSecrets(ports, { from, to: head }, changes, [
    { place: "the pull request's text", text: `${title}\n${body}` },
    // As it was said: what is neutral now may have been a secret.
    { place: "the agents' words", text: [summary, ...said].join("\n") },
  ]);
  return leak === null ? null : formatReason("secret", ports.secrets.mask(leak));
}

/** Nothing leaves; a human finds it under `refs/dispatch/salvage`, and `approve --allow` publishes it. */
async function keepBack(ports: Ports, episode: Episode, commit: string, reason: Reason): Promise<Reason> {
  const ref = await ports.repository.salvage(episode.task.id, commit);
  const key = keyOf(episode, `withheld/${commit}`);
  await record(ports, scopeOf(episode), key, { name: "work.salvaged", data: { ref, commit } });
  return reason;
}

async function leaveBack(ports: Ports, episode: Episode, reason: Reason): Promise<EpisodeOutcome> {
  await record(ports, scopeOf(episode), keyOf(episode, "end"), { name: "task.needs-human", data: { reason } });
  return { kind: "needs-human", reason, pr: null };
}

/** As if origin had the branch where the journal left it; only if it has not, origin is asked. */
async function push(ports: Ports, { task, branch }: Episode, head: string): Promise<void> {
  const known = await ports.journal.read({ task: task.id, names: ["branch.pushed", "branch.rebased"] });
  await ports.repository.publish(branch, head, lastPushed(known, branch)).catch(async (error: unknown) => {
    if (!hasErrorCode(error, "push_rejected")) throw error;
    const published = await ports.repository.fetchPublished(branch);
    if (published !== null && published !== head && !(await isOursThere(ports, task.id, published)))
      throw new DispatchError({
        code: "branch_moved",
        message: `somebody pushed ${published.slice(0, 7)} to ${branch} on origin; it is not pushed over`,
        hint: `take what you need from it, remove it there (git push origin --delete ${branch}), then: dispatch retry ${task.id}`,
      });
    if (published === head) return;
    // What a lost journal knew nothing of is kept, too.
    if (published !== null) await ports.repository.salvage(task.id, published);
    await ports.repository.publish(branch, head, published);
  });
}

async function leave(ports: Ports, episode: Episode, walk: Finished, number: number): Promise<EpisodeOutcome> {
  const scope = scopeOf(episode);
  if (walk.kind === "stopped") {
    const { reason } = walk;
    await record(ports, scope, keyOf(episode, "end"), { name: "task.needs-human", data: { reason } });
    return { kind: "needs-human", reason, pr: number };
  }
  await record(ports, scope, keyOf(episode, "end"), {
    name: "task.ready",
    data: { head: walk.head, rounds: walk.rounds.length },
  });
  return { kind: "ready", pr: number, head: walk.head };
}
