import type { PullRequestVerdict, ShownState } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import { isUnclear, statusOf } from "./errors.ts";

const PREFIX = "dispatch:";
/** Never more than one of these on anything. */
export const STATES: readonly string[] = [
  ...["ready", "running", "auditing", "fixing", "ready-for-human", "needs-human", "paused"],
].map((state) => `${PREFIX}${state}`);

/** Exactly this one of our labels on an issue or pull request; people's own stay. Nothing is written where it is so. */
export async function ensureLabel(
  { rest, slug }: GitHub,
  number: number,
  state: ShownState | null,
  ready: string,
): Promise<void> {
  const { data } = await rest.issues.listLabelsOnIssue({ ...slug, issue_number: number, per_page: 100 });
  const before = data.map(({ name }) => name);
  const others = before.filter((name) => !STATES.includes(name) && name !== ready);
  const wanted = state === null ? others : [...others, `${PREFIX}${state}`];
  if (before.length === wanted.length && wanted.every((name) => before.includes(name))) return;
  await rest.issues.setLabels({ ...slug, issue_number: number, labels: [...wanted] });
}

const NAME = "dispatch/review";
/** Of a check; more have to come in requests of their own. */
const MAX_ANNOTATIONS = 50;
/** Of a status. */
const MAX_SENTENCE = 140;

/** What the agents came to, on the commit: a check run, or a status where the token belongs to a person. */
export async function ensureCheck(github: GitHub, verdict: PullRequestVerdict): Promise<void> {
  if (github.kind === "app") await ensureCheckRun(github, verdict);
  else await ensureStatus(github, verdict);
}

async function ensureStatus({ rest, slug }: GitHub, { head, outcome, sentence }: PullRequestVerdict): Promise<void> {
  const state = outcome === "success" ? "success" : "failure";
  const description = sentence.length > MAX_SENTENCE ? `${sentence.slice(0, MAX_SENTENCE - 1)}…` : sentence;
  const { data } = await rest.repos.getCombinedStatusForRef({ ...slug, ref: head, per_page: 100 });
  const now = data.statuses.find(({ context }) => context === NAME);
  if (now?.state === state && now.description === description) return;
  await rest.repos.createCommitStatus({ ...slug, sha: head, state, context: NAME, description });
}

async function ensureCheckRun(
  github: GitHub,
  { head, outcome, sentence, findings }: PullRequestVerdict,
): Promise<void> {
  const { rest, slug } = github;
  const notes = findings.flatMap(({ path, line, severity, message }) => {
    if (path === null) return [];
    const level = severity === "blocker" || severity === "major" ? ("failure" as const) : ("warning" as const);
    return [
      { path, start_line: line ?? 1, end_line: line ?? 1, annotation_level: level, message: message.slice(0, 60_000) },
    ];
  });
  const output = (annotations: typeof notes) => ({ title: sentence.slice(0, 200), summary: sentence, annotations });
  const find = async () => {
    const { data } = await rest.checks.listForRef({ ...slug, ref: head, check_name: NAME, filter: "latest" });
    return data.check_runs[0] ?? null;
  };
  const begun = await find();
  if (begun?.conclusion === outcome && begun.output.summary === sentence) return;
  const done = { status: "completed", conclusion: outcome } as const;
  const first = output(notes.slice(0, MAX_ANNOTATIONS));
  const made =
    begun ??
    (await rest.checks
      .create({ ...slug, name: NAME, head_sha: head, ...done, output: first, ...ONCE })
      .then(() => null)
      .catch(async (error: unknown) => {
        if (!isUnclear(error) || statusOf(error) === 422) throw error;
        // Its answer was lost: what is there now is it.
        const there = await find();
        if (there === null) throw error;
        return there;
      }));
  const id = made?.id ?? (notes.length > MAX_ANNOTATIONS ? (await find())?.id : undefined);
  if (id === undefined) return;
  if (made !== null) await rest.checks.update({ ...slug, check_run_id: id, ...done, output: first });
  for (let from = MAX_ANNOTATIONS; from < notes.length; from += MAX_ANNOTATIONS)
    await rest.checks.update({ ...slug, check_run_id: id, output: output(notes.slice(from, from + MAX_ANNOTATIONS)) });
}
