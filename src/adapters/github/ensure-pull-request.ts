import type { PullRequestDraft } from "../../ports/forge.ts";
import { headMoved, nothingToMerge } from "../../ports/forge-errors.ts";
import { type GitHub, ONCE } from "./client.ts";
import { ensureOnce } from "./ensure-once.ts";
import { saysOf, statusOf } from "./errors.ts";
import { isOurs, type Raw, toRaw } from "./pull-requests.ts";
import { formatBody, parseBody } from "./text.ts";

/** GitHub follows a push within moments. */
const LOOKS_FOR_HEAD = 10;
const LOOK_MS = 500;

/** How a pull request points to what it is for: `Closes #7`, or nothing. */
export type IssueLine = (draft: PullRequestDraft) => string;

/** The open pull request of the branch, else its newest: found before it is made, and found again if the answer is lost. */
export async function ensurePullRequest(github: GitHub, draft: PullRequestDraft, issueLine: IssueLine): Promise<Raw> {
  const { rest, slug } = github;
  const { branch: head, base, title, draft: isDraft } = draft;
  const find = async (): Promise<Raw | null> => await findOf(github, head);
  const make = async (): Promise<Raw> => {
    const body = formatBody(draft.task, draft.body, issueLine(draft), "");
    const create = async (asDraft: boolean): Promise<Raw> =>
      toRaw((await rest.pulls.create({ ...slug, head, base, title, body, draft: asDraft, ...ONCE })).data);
    try {
      return await create(isDraft);
    } catch (error) {
      if (statusOf(error) !== 422) throw error;
      if (/no commits between/i.test(saysOf(error))) throw nothingToMerge(head, base, draft.head);
      // Not every plan has drafts: then it is open, and its labels say that it is not ready.
      if (isDraft && /draft pull requests are not supported/i.test(saysOf(error))) return await create(false);
      throw error;
    }
  };
  const found = (await ensureOnce(github, find, make)) ?? (await find());
  if (found === null) throw new Error(`${head} has no pull request although it was made`);
  if (found.pr.state !== "open") return found;
  return await atHead(github, await bringUpToDate(github, found, draft, issueLine(draft)), draft);
}

async function findOf({ rest, all, slug }: GitHub, branch: string): Promise<Raw | null> {
  const head = `${slug.owner}:${branch}`;
  const found = await all(rest.pulls.list, { ...slug, head, state: "all", per_page: 100 });
  const ours = found.filter((one) => isOurs(one) && one.head.ref === branch).map(toRaw);
  return ours.find(({ pr }) => pr.state === "open") ?? ours.sort((a, b) => a.pr.number - b.pr.number).at(-1) ?? null;
}

async function bringUpToDate(
  github: GitHub,
  found: Raw,
  { task, title, body, base, draft }: PullRequestDraft,
  issueLine: string,
): Promise<Raw> {
  const { rest, slug, graphql } = github;
  const { number } = found.pr;
  // A person's own keeps its title.
  const isOwn = parseBody(found.text).task !== null;
  const text = formatBody(task, body, issueLine, found.text);
  let now = found;
  if (found.text.replaceAll("\r\n", "\n") !== text || (isOwn && found.pr.title !== title) || found.pr.base !== base)
    now = toRaw(
      (await rest.pulls.update({ ...slug, pull_number: number, body: text, base, ...(isOwn ? { title } : {}) })).data,
    );
  if (now.pr.draft === draft) return now;
  try {
    await graphql(draft ? TO_DRAFT : TO_READY, { id: found.nodeId });
  } catch (error) {
    if (draft && /draft/i.test(saysOf(error)) && /not supported|not enabled/i.test(saysOf(error))) return now;
    throw error;
  }
  return { ...now, pr: { ...now.pr, draft } };
}

/** REST takes no notice of `draft` in an update. */
const TO_READY =
  "mutation ($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId } }";
const TO_DRAFT = "mutation ($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId } }";

/** What was pushed a moment ago may not be seen yet; what somebody else pushed is not what was meant. */
async function atHead(github: GitHub, found: Raw, { head }: PullRequestDraft): Promise<Raw> {
  const { rest, slug, clock, signal } = github;
  let now = found;
  for (let looks = 0; now.pr.head !== head && looks < LOOKS_FOR_HEAD; looks += 1) {
    await clock.wait(LOOK_MS, signal);
    now = toRaw((await rest.pulls.get({ ...slug, pull_number: found.pr.number })).data);
  }
  if (now.pr.head !== head) throw headMoved(now.pr.number, now.pr, head);
  // What the two last writes made of it is older than what was read while waiting.
  return { ...now, pr: { ...now.pr, draft: found.pr.draft } };
}
