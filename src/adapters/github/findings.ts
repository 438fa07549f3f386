import { createHash } from "node:crypto";
import { cut } from "../../domain/display.ts";
import { inline } from "../../domain/neutralise.ts";
import type { Finding } from "../../domain/verdict.ts";
import type { PullRequestVerdict } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import { ensureOnce } from "./ensure-once.ts";
import { fetchReviews, type Review } from "./reviews.ts";
import { formatPost, parsePost } from "./text.ts";

/** GitHub refuses more than 65 536. */
const MAX_BODY = 60_000;
/** Comments of a review at most: more than that nobody reads. */
const MOST = 30;

/** What is left open at this head, as one review that judges nothing: its lines where they are, the rest in its words. */
export async function ensureFindings(github: GitHub, number: number, verdict: PullRequestVerdict): Promise<void> {
  const { rest, slug } = github;
  const { head, task, findings, sentence } = verdict;
  if (findings.length === 0) return;
  const ours = await github.fetchOwn();
  // Another look at the same head may have found something else.
  const print = createHash("sha256")
    .update(JSON.stringify([task, findings]))
    .digest("hex")
    .slice(0, 16);
  const fetchSaid = async (): Promise<readonly Review[]> =>
    (await fetchReviews(github, number)).filter(
      ({ login, body, head: seen }) =>
        ours.includes(login) && seen === head && parsePost(body).marker?.kind === "finding",
    );
  const find = async (): Promise<Review | null> =>
    (await fetchSaid()).find(({ body }) => parsePost(body).marker?.["print"] === print) ?? null;
  const create = async (placed: readonly Finding[]): Promise<undefined> => {
    const rest_ = findings.filter((one) => !placed.includes(one));
    const text = cut([sentence, ...rest_.map((one) => `- ${sayFinding(one)}`)].join("\n"), MAX_BODY);
    await rest.pulls.createReview({
      ...{ ...slug, pull_number: number, commit_id: head, event: "COMMENT" },
      body: formatPost({ kind: "finding", task, head, print }, text),
      comments: placed.map((one) => ({
        ...{ path: one.path ?? "", line: one.line ?? 1, side: "RIGHT" },
        body: formatPost({ kind: "finding", task, head }, sayFinding(one, false)),
      })),
      ...ONCE,
    });
  };
  await ensureOnce(github, find, async () => {
    // At its lines once; a later look at the same head says it in its words.
    if ((await fetchSaid()).length > 0) return await create([]);
    const shown = await fetchShownLines(github, number);
    const placed = findings.filter(({ path, line }) => path !== null && line !== null && shown.has(`${path}:${line}`));
    return await create(placed.slice(0, MOST));
  });
}

/** Lines of the change and around it, `path:line`: GitHub refuses a review with comments anywhere else. */
async function fetchShownLines({ rest, all, slug }: GitHub, number: number): Promise<ReadonlySet<string>> {
  const files = await all(rest.pulls.listFiles, { ...slug, pull_number: number, per_page: 100 });
  const lines = files.flatMap(({ filename, patch = "" }) =>
    [...patch.matchAll(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm)].flatMap(([, start, count = "1"]) =>
      Array.from({ length: Number(count) }, (_, at) => `${filename}:${Number(start) + at}`),
    ),
  );
  return new Set(lines);
}

function sayFinding({ severity, path, line, message }: Finding, isPlaced = true): string {
  const place = !isPlaced || path === null ? "" : ` \`${inline(line === null ? path : `${path}:${line}`, 200)}\``;
  return `**${severity}**${place}: ${inline(message, 1000)}`;
}
