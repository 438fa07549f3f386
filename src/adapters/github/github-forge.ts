import PQueue from "p-queue";
import { displayLine } from "../../domain/display.ts";
import { DispatchError } from "../../domain/errors.ts";
import { wayOn } from "../../domain/explain.ts";
import type { Forge, PullRequestComment, PullRequestDraft } from "../../ports/forge.ts";
import { headMoved, notOpen, unknownPullRequest } from "../../ports/forge-errors.ts";
import type { Repository } from "../../ports/repository.ts";
import { fetchAsked } from "./asked.ts";
import { ensureCheck, ensureLabel } from "./board.ts";
import { type GitHub, ONCE } from "./client.ts";
import { orNone } from "./errors.ts";
import { ensurePullRequest } from "./ensure-pull-request.ts";
import { ensureFindingIssues } from "./finding-issues.ts";
import { ensureFindings } from "./findings.ts";
import { mergePullRequest } from "./merge.ts";
import { fetchOrders, takeOrder } from "./orders.ts";
import { openPeople } from "./people.ts";
import { ensurePost, fetchPosts } from "./posts.ts";
import { fetchAny, openShelf, type Raw } from "./pull-requests.ts";
import { fetchReviews, fetchWords } from "./reviews.ts";
import { formatPost, parsePost, visible } from "./text.ts";
import { answerThreads } from "./threads.ts";

export interface GitHubForgeOptions {
  readonly github: GitHub;
  readonly repository: Pick<Repository, "fetchBase" | "forecast">;
  /** The label of the issues that the backlog is made of; null where it is made of something else. */
  readonly issues: string | null;
}

/**
 * Pull requests on GitHub. What is made there is looked for before and after, by branch or by marker and author, since
 * an answer may get lost; one write at a time.
 */
export function openGitHubForge({ github, repository, issues }: GitHubForgeOptions): Forge {
  const { rest, slug } = github;
  const people = openPeople(github);
  const shelf = openShelf(github, people);
  const writes = new PQueue({ concurrency: 1 });
  const write = async <T>(work: () => Promise<T>): Promise<T> => await writes.add(work);

  const require = async (number: number): Promise<Raw> => {
    const found = await shelf.fetch(number);
    if (found === null) throw unknownPullRequest(number);
    return found;
  };
  const requireOpen = async (number: number, head: string): Promise<Raw> => {
    const found = await require(number);
    if (found.pr.state !== "open") throw notOpen(number, found.pr);
    if (found.pr.head !== head) throw headMoved(number, found.pr, head);
    return found;
  };
  const issueOf = (task: string): number | null => (issues !== null && /^\d+$/.test(task) ? Number(task) : null);
  // One that is not ready yet finishes nothing.
  const issueLine = ({ task, draft }: PullRequestDraft): string => {
    const issue = issueOf(task);
    return issue === null ? "" : `${draft ? "Refs" : "Closes"} #${issue}`;
  };
  const comment = async (number: number, task: string, key: string, body: string, by: string): Promise<void> =>
    await ensurePost(github, number, { kind: "status", task, key, by }, body);

  return {
    kind: "github",
    ensurePullRequest: (draft) =>
      write(async () => await shelf.judged(await ensurePullRequest(github, draft, issueLine))),
    fetchPullRequests: () => shelf.fetchAll(),
    async fetchPullRequest(number) {
      const found = await shelf.fetch(number);
      if (found === null) return null;
      const words = found.pr.state === "open" ? await fetchWords(github, people, number, found.author) : [];
      const asked = await fetchAsked(github, number, words, found.pr.head);
      return { ...(await shelf.judged(found)), comments: await fetchComments(github, number), asked };
    },
    async fetchForeign(number) {
      const found = await fetchAny(github, number);
      if (found === null) throw unknownPullRequest(number);
      const { title, body, user, head } = found;
      const words = { title: displayLine(title, 200), body: visible(body ?? "").trim() };
      return { number, ...words, by: user.login, head: head.sha, ref: `refs/pull/${number}/head` };
    },
    ensureComment: (number, key, body, by) =>
      write(async () => await comment(number, (await require(number)).pr.task, key, body, by)),
    review: (number, verdict, head, by, why) =>
      write(async () => {
        const found = await requireOpen(number, head);
        const me = await github.fetchLogin();
        const words = await fetchWords(github, people, number, found.author);
        const last = words.find(({ login }) => login === me);
        const isOwn = found.author === me;
        const text = why.trim() || (isOwn ? inWords(verdict, head) : "");
        if (last?.head === head && last.verdict === verdict && last.why === text) return await shelf.judged(found);
        const { task } = found.pr;
        if (isOwn) await speak(github, number, { task, verdict, head, by }, text);
        else {
          const event = verdict === "approve" ? "APPROVE" : "REQUEST_CHANGES";
          const body = formatPost({ kind: "review", task, head, by }, text);
          await rest.pulls.createReview({ ...slug, pull_number: number, commit_id: head, event, body, ...ONCE });
        }
        return await shelf.judged(await require(number));
      }),
    merge: (number, head) =>
      write(async () => {
        const found = await require(number);
        if (found.pr.state === "merged") return await shelf.judged(found);
        await requireOpen(number, head);
        await mergePullRequest({ github, repository, fetch: shelf.fetch }, found.pr);
        return await shelf.judged(await require(number));
      }),
    close: (number, by, why) =>
      write(async () => {
        const found = await require(number);
        if (found.pr.state !== "open") return await shelf.judged(found);
        if (why.trim() !== "") await comment(number, found.pr.task, "closed", why, by);
        await rest.pulls.update({ ...slug, pull_number: number, state: "closed" });
        return await shelf.judged(await require(number));
      }),
    showVerdict: (number, verdict) =>
      write(async () => {
        if (number === null) return await ensureCheck(github, verdict);
        if (issueOf(verdict.task) !== null) await ensureFindingIssues(github, number, verdict);
        await unlessLocked(async () => {
          await ensureFindings(github, number, verdict);
          const then = verdict.outcome === "action_required" ? `\n\n${wayOn(verdict.sentence)}` : "";
          await comment(number, verdict.task, "status", `${verdict.sentence}${then}`, "dispatch");
        });
      }),
    showState: (task, number, state) =>
      write(async () => {
        const issue = issueOf(task);
        for (const one of [issue, number])
          if (one !== null)
            // Deleted, or moved to where we do not see it: nobody looks at its labels.
            await orNone(ensureLabel(github, one, state, one === issue ? (issues ?? "") : ""));
      }),
    answer: (number, head) =>
      write(async () => {
        const { pr } = await require(number);
        await unlessLocked(() => answerThreads(github, people, { number, task: pr.task }, head));
      }),
    fetchOrders: (number) => fetchOrders(github, people, number),
    takeOrder: (_, order, isUnderstood) => write(async () => await takeOrder(github, order, isUnderstood)),
  };
}

/** Nobody may say anything there any more: it is shown by check and label. */
async function unlessLocked(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DispatchError) || !/\blocked\b/i.test(error.message)) throw error;
  }
}

/** A comment is not empty, as a review may be. */
const inWords = (verdict: "approve" | "request_changes", head: string): string =>
  `${verdict === "approve" ? "Approves" : "Asks for changes to"} ${head}.`;

/** GitHub lets nobody judge their own pull request: whoever's token opened it says it in words. */
async function speak(
  github: GitHub,
  number: number,
  { task, verdict, head, by }: Readonly<Record<"task" | "verdict" | "head" | "by", string>>,
  text: string,
): Promise<void> {
  const key = `review/${verdict}/${head}/${github.clock.now()}`;
  await ensurePost(github, number, { kind: "review", task, key, verdict, head, by }, text);
}

/** In the order in which they were said: comments, and what reviews say by themselves. */
async function fetchComments(github: GitHub, number: number): Promise<readonly PullRequestComment[]> {
  const posts = (await fetchPosts(github, number)).map(({ at, by, body }) => ({ at, by, body }));
  const reviews = (await fetchReviews(github, number)).map(({ at, login, body }) => {
    const { marker, body: words } = parsePost(body);
    return { at, by: typeof marker?.["by"] === "string" ? marker["by"] : login, body: words };
  });
  return [...posts, ...reviews.filter(({ body }) => body.trim() !== "")].sort((a, b) => (a.at < b.at ? -1 : 1));
}
