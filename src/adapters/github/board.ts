import { cut } from "../../domain/display.ts";
import type { PullRequestVerdict, ShownState } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import { ensureOnce } from "./ensure-once.ts";

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

export const NAME = "dispatch/review";
/** Of a check; more have to come in requests of their own. */
const MAX_ANNOTATIONS = 50;
/** Of a status. */
const MAX_SENTENCE = 140;

/** What the agents came to, on the commit: a check run, or a status where the token belongs to a person. */
export async function ensureCheck(github: GitHub, verdict: PullRequestVerdict): Promise<void> {
  if (github.kind === "app") await ensureCheckRun(github, verdict);
  else await ensureStatus(github, verdict);
}

async function ensureStatus(github: GitHub, { head, outcome, sentence }: PullRequestVerdict): Promise<void> {
  const { rest, slug } = github;
  const state = outcome === "success" ? "success" : "failure";
  const description = cut(sentence, MAX_SENTENCE);
  const find = async (): Promise<true | null> => {
    const { data } = await rest.repos.getCombinedStatusForRef({ ...slug, ref: head, per_page: 100 });
    const now = data.statuses.find(({ context }) => context === NAME);
    return now?.state === state && now.description === description ? true : null;
  };
  await ensureOnce(github, find, async () => {
    await rest.repos.createCommitStatus({ ...slug, sha: head, state, context: NAME, description, ...ONCE });
  });
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
  const done = { status: "completed", conclusion: outcome } as const;
  const output = (annotations: typeof notes) => ({ title: sentence.slice(0, 200), summary: sentence, annotations });
  const find = async () => {
    const { data } = await rest.checks.listForRef({ ...slug, ref: head, check_name: NAME, filter: "latest" });
    return data.check_runs[0] ?? null;
  };
  const first = { ...done, output: output(notes.slice(0, MAX_ANNOTATIONS)) };
  const found = await ensureOnce(github, find, async () => {
    await rest.checks.create({ ...slug, name: NAME, head_sha: head, ...first, ...ONCE });
  });
  const made = found ?? (notes.length > MAX_ANNOTATIONS ? await find() : null);
  if (made === null) return;
  const isSame = made.conclusion === outcome && made.output.summary === sentence;
  if (!isSame) await rest.checks.update({ ...slug, check_run_id: made.id, ...first });
  // Each update adds to those that are there.
  let from = isSame ? made.output.annotations_count : MAX_ANNOTATIONS;
  for (; from < notes.length; from += MAX_ANNOTATIONS) {
    const more = output(notes.slice(from, from + MAX_ANNOTATIONS));
    await rest.checks.update({ ...slug, check_run_id: made.id, output: more });
  }
}
