import type { FactBody } from "../domain/fact.ts";
import { readImports } from "../domain/imports.ts";
import { conflictReason, pushedAroundReason, uncheckedReason, waitingHead } from "../domain/landing.ts";
import { meetingOf, type Side } from "../domain/meeting.ts";
import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { Finding } from "../domain/verdict.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Base, Outlook } from "../ports/repository.ts";
import { record, type Ports, type Settings } from "./ports.ts";

export type LandingSettings = Pick<Settings, "run" | "rounds" | "pipeline">;
type Judgement = Extract<FactBody, { name: "landing.judged" }>["data"];

export interface Landing extends Pick<Judgement, "outcome" | "reason"> {
  readonly task: string;
}

interface Waiting {
  readonly view: TaskView;
  readonly head: string;
}

/** Each is a few processes of git. */
const AT_ONCE = 8;

/**
 * What the base, where it is now, means for every open pull request that waits: by git and by what the files say, so
 * that it is quick; the checks come later (`checkLandings`). A head is judged once for each base. Gives what is new.
 */
export async function judgeLandings(
  ports: Ports,
  settings: LandingSettings,
  base: Base,
  pullRequests: readonly Pick<PullRequest, "task" | "state" | "number" | "head">[],
  known?: ReadonlyMap<string, TaskView>,
): Promise<readonly Landing[]> {
  if (!pullRequests.some(({ state }) => state === "open")) return [];
  const views = known ?? foldTasks(await ports.journal.read());
  const open = pullRequests.flatMap(({ task, state, number, head }): readonly Waiting[] => {
    const view = views.get(task);
    return state === "open" && view?.pr === number && waitingHead(view) !== null ? [{ view, head }] : [];
  });
  const due = open.filter(({ view: { landing }, head }) => landing?.head !== head || landing.base !== base.commit);
  if (due.length === 0) return [];
  const outlook = await readOutlook(ports, base, open, due);
  const here = due.filter(({ head }) => outlook.changes.has(head));
  const onBase = await ports.repository.readDescendants(
    base.commit,
    here.map(({ head }) => head),
  );
  const isTested = settings.pipeline.includes("test") && ports.checks.command !== null;
  const sides = sideReader(ports);
  const judged: Landing[] = [];
  for (let at = 0; at < here.length; at += AT_ONCE)
    judged.push(...(await Promise.all(here.slice(at, at + AT_ONCE).map(judge))).flat());
  return judged;

  async function judge({ view, head }: Waiting): Promise<readonly Landing[]> {
    // What stands on the base from its beginning is not worth a word.
    if (onBase.has(head) && view.state.name !== "queued") return [];
    const files = outlook.base.get(head);
    const at = { head, base: base.commit };
    if (files !== undefined) {
      // A base that was replaced by another history is no coder's to mend.
      const isRelated = (await ports.repository.mergeBase(base.commit, head)) !== null;
      const findings = isRelated ? [conflictFinding(base, files)] : [];
      const reason = conflictReason(base.branch, files);
      return [await recordLanding(ports, settings, view, { ...at, outcome: "conflict", reason, findings }, base)];
    }
    const path = isTested && !onBase.has(head) ? await meetingWith(view, head) : null;
    const reason = path === null ? null : uncheckedReason(base.branch, path);
    const outcome = path === null ? "apart" : "unchecked";
    return [await recordLanding(ports, settings, view, { ...at, outcome, reason, findings: [] }, base)];
  }

  async function meetingWith(view: TaskView, head: string): Promise<string | null> {
    const fork = (await ports.repository.mergeBase(base.commit, head)) ?? base.commit;
    return meetingOf(await sides(fork, head), await movedSince(view, head, fork));
  }

  async function movedSince({ fits }: TaskView, head: string, fork: string): Promise<Side> {
    if (fits?.head !== head) return await sides(fork, base.commit);
    // A base that somebody replaced may be gone from the disk: then everything since the fork counts.
    return await sides(fits.base, base.commit).catch(async () => await sides(fork, base.commit));
  }
}

/** Heads that another clone made since are fetched. */
async function readOutlook(
  { repository }: Ports,
  base: Base,
  open: readonly Waiting[],
  due: readonly Waiting[],
): Promise<Outlook> {
  const heads = open.map(({ head }) => head);
  const outlook = await repository.readOutlook(base.commit, heads);
  const elsewhere = due.filter(({ head }) => !outlook.changes.has(head));
  for (const { view } of elsewhere) if (view.branch !== null) await repository.fetchPublished(view.branch);
  return elsewhere.length === 0 ? outlook : await repository.readOutlook(base.commit, heads);
}

/** After a merge: what the others have to hear. */
export async function judgeSiblings(ports: Ports, settings: LandingSettings): Promise<readonly Landing[]> {
  const base = await ports.repository.fetchBase();
  return await judgeLandings(ports, settings, base, await ports.forge.fetchPullRequests());
}

/** Beyond so many files nobody reads what they import: the checks will say. */
const MAX_READ = 400;

/** Many heads left the base at the same commit. */
function sideReader({ repository }: Ports): (from: string, to: string) => Promise<Side> {
  const known = new Map<string, Promise<Side>>();
  const read = async (from: string, to: string): Promise<Side> => {
    const changes = await repository.readChanges(from, to);
    const texts = changes.filter(({ status, added, symlink }) => status !== "D" && added !== null && symlink !== true);
    const paths = texts.slice(0, MAX_READ).map(({ path }) => path);
    const contents = await repository.readFiles(to, paths);
    const imports = new Map([...contents].map(([path, text]) => [path, readImports(text)]));
    return { changed: changes.map(({ path }) => path), imports, unread: contents.size < texts.length };
  };
  return (from, to) => {
    const key = `${from}..${to}`;
    const side = known.get(key) ?? read(from, to);
    known.set(key, side);
    return side;
  };
}

export function conflictFinding({ branch, commit }: Base, files: readonly string[]): Finding {
  const message = `${branch} moved, and your change no longer merges with it: both changed ${files.join(", ")}. You begin at ${branch} as it is now (${commit.slice(0, 12)}), without your change. Make it again, so that both stand.`;
  return { path: null, line: null, severity: "blocker", rule: "conflict", message, skills: [] };
}

/** Bounded: who is made to mend a task again and again by the merges of others needs a human. */
export async function recordLanding(
  ports: Ports,
  { run, rounds }: Pick<Settings, "run" | "rounds">,
  view: TaskView,
  data: Judgement,
  base: Base,
): Promise<Landing> {
  const { id: task, episode, moved, state } = view;
  const scope = { run, task, episode };
  const { head, outcome, reason } = data;
  const key = `${task}/${episode}/landing/${head}/${data.base}`;
  await record(ports, scope, `${key}/${outcome}`, { name: "landing.judged", data });
  const isBad = outcome === "fails" || outcome === "conflict";
  const times = new Set([...moved, head]).size;
  if (isBad && reason !== null && times > rounds && state.name !== "approved") {
    const enough = pushedAroundReason(base.branch, times, reason);
    await record(ports, scope, `${key}/enough`, { name: "task.needs-human", data: { reason: enough } });
  }
  return { task, outcome, reason };
}
