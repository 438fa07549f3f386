import { createHash } from "node:crypto";
import { inline } from "../../domain/neutralise.ts";
import { fingerprint } from "../../domain/review-round.ts";
import type { Finding } from "../../domain/verdict.ts";
import type { PullRequestVerdict } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import { ensureOnce } from "./ensure-once.ts";
import { ensurePost } from "./posts.ts";
import { formatPost, parsePost } from "./text.ts";

const LABEL = "dispatch:finding";
/** Of one pull request: writes are few, and whoever has more to say says it there. */
const MOST = 5;

interface Filed {
  readonly number: number;
  readonly print: string;
  readonly isOpen: boolean;
}

/**
 * What agents could not settle and must not be forgotten is an issue of its own, known by its fingerprint: filed once,
 * closed with the commit that no longer has it, and never filed again where a person closed it.
 */
export async function ensureFindingIssues(github: GitHub, number: number, verdict: PullRequestVerdict): Promise<void> {
  const { rest, slug } = github;
  const { task, head, findings, outcome } = verdict;
  const grave = outcome === "success" ? [] : findings.filter(({ severity }) => ["blocker", "major"].includes(severity));
  const wanted = new Map(grave.map((finding) => [fingerprint(finding, hash), finding]));
  const filed = await fetchFiled(github, task);
  for (const [print, finding] of [...wanted].slice(0, MOST)) {
    if (filed.some((one) => one.print === print)) continue;
    const find = async (): Promise<Filed | null> =>
      (await fetchFiled(github, task)).find((one) => one.print === print) ?? null;
    const body = formatPost({ kind: "finding", task, print, pr: number }, bodyOf(finding, number));
    await ensureOnce(github, find, async () => {
      await rest.issues.create({ ...slug, title: inline(finding.message, 120), body, labels: [LABEL], ...ONCE });
    });
  }
  // Whoever did not look, or says it in other words, settles nothing.
  for (const one of filed.filter(({ isOpen }) => isOpen && outcome === "success")) {
    const marker = { kind: "status", task, key: `settled/${head}` } as const;
    await ensurePost(github, one.number, marker, `Settled by ${head} in #${number}.`);
    await rest.issues.update({ ...slug, issue_number: one.number, state: "closed", state_reason: "completed" });
  }
}

async function fetchFiled({ rest, all, slug, fetchOwn }: GitHub, task: string): Promise<readonly Filed[]> {
  const ours = await fetchOwn();
  const found = await all(rest.issues.listForRepo, { ...slug, labels: LABEL, state: "all", per_page: 100 });
  return found.flatMap(({ number, body, state, user }) => {
    const { marker } = parsePost(body ?? "");
    const print = marker?.["print"];
    const isOurs = ours.includes(user?.login ?? "") && marker?.kind === "finding" && marker.task === task;
    return isOurs && typeof print === "string" ? [{ number, print, isOpen: state === "open" }] : [];
  });
}

function bodyOf({ severity, path, line, message, rule }: Finding, number: number): string {
  const place = path === null ? "" : ` in \`${inline(line === null ? path : `${path}:${line}`, 200)}\``;
  const by = rule === null ? "" : ` (${inline(rule, 100)})`;
  return `**${severity}**${place}${by}, open in #${number}:\n\n${inline(message, 2000)}`;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
