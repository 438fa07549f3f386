import { formatCommit } from "../domain/commit-text.ts";
import type { FactBody } from "../domain/fact.ts";
import { carried, type Lines, meets, type Remark, saidIn, splice, type Suggestion } from "../domain/suggestion.ts";
import type { Task } from "../domain/task.ts";
import type { Finding } from "../domain/verdict.ts";
import type { Asked } from "../ports/forge.ts";
import { recordSnapshot, refused } from "./harvest.ts";
import { findSecrets, findViolation } from "./inspect.ts";
import { isoTime, record, type Ports, type Scope, type Settings } from "./ports.ts";

export interface Heeding {
  readonly scope: Scope;
  readonly task: Pick<Task, "id" | "title">;
  readonly branch: string;
  readonly feedback: readonly Asked[];
  /** Where the work stands; null where it is made anew. */
  readonly work: string | null;
  readonly policy: Settings["policy"];
}

export interface Heeded {
  readonly work: string | null;
  readonly findings: readonly Finding[];
  /** All that was asked for is in `work`, word for word. */
  readonly isAll: boolean;
}

/** By its id: why a suggestion was not taken, null where it was. */
type Fates = Map<string, string | null>;

/**
 * What people suggest at lines becomes a commit on the task's branch, word for word and without an agent, within the
 * rules of the coder (docs/decisions/suggestions.md). Words, and what cannot be taken so, are for the coder. A redo
 * finds what was done.
 */
export async function heedSuggestions(ports: Ports, heeding: Heeding): Promise<Heeded> {
  const { feedback } = heeding;
  const suggestions = feedback.flatMap(({ remarks = [] }) => remarks.flatMap((one) => one.suggestions));
  const fates: Fates = new Map();
  const work = suggestions.length === 0 ? heeding.work : await take(ports, heeding, suggestions, fates);
  const isMet = (one: Remark): boolean => one.words === "" && isTaken(one, fates);
  return {
    work,
    findings: feedback.flatMap((one) => asFindings(one, fates)),
    isAll: suggestions.length > 0 && feedback.every(({ remarks = [] }) => remarks.length > 0 && remarks.every(isMet)),
  };
}

/** Those that hold what no journal may: they are words, in which it is not seen. */
export function withoutSecrets({ secrets }: Ports, { remarks, ...asked }: Asked): Asked {
  if (remarks === undefined) return asked;
  const isClean = ({ text }: Suggestion): boolean => text.every((line) => secrets.mask(line) === line);
  return {
    ...asked,
    remarks: remarks.map((one) =>
      one.suggestions.every(isClean) ? one : { ...one, words: one.text, suggestions: [] },
    ),
  };
}

async function take(
  ports: Ports,
  heeding: Heeding,
  suggestions: readonly Suggestion[],
  fates: Fates,
): Promise<string | null> {
  const { scope, task, branch, work } = heeding;
  if (work === null || (await ports.repository.readBranch(branch)) !== work) {
    for (const { id } of suggestions) fates.set(id, "the change is made again");
    return work;
  }
  const before = await findTaken(ports, heeding, work, fates);
  const open = new Map(suggestions.flatMap((one) => (fates.has(one.id) ? [] : [[one.id, one] as const])));
  const made = await make(ports, heeding, before, [...open.values()], fates);
  const ids = [...open.keys()].filter((id) => !fates.has(id));
  for (const id of ids) fates.set(id, null);
  if (made === before) return before;
  await ports.handover.give(task.id, made);
  const key = `${task.id}/suggested/${before}/${ports.hash(ids.join(" ")).slice(0, 16)}`;
  const data = { parent: before, commit: made, ids };
  const intent = await record(ports, scope, key, { name: "suggestions.intended", data });
  // Another host may have been first.
  return await land(ports, heeding, intent.name === "suggestions.intended" ? intent.data : data);
}

/** What was taken before, or nearly; gives where the branch stands then. */
async function findTaken(ports: Ports, heeding: Heeding, work: string, fates: Fates): Promise<string> {
  const names = ["suggestions.intended", "snapshot.taken"] as const;
  const facts = await ports.journal.read({ task: heeding.task.id, names });
  const landed = new Set(facts.flatMap((fact) => (fact.name === "snapshot.taken" ? fact.data.commit : [])));
  let head = work;
  for (const fact of facts) {
    if (fact.name !== "suggestions.intended") continue;
    const { parent, commit, ids } = fact.data;
    // Whoever landed it may have been another host.
    const isNext = parent === head || commit === head;
    if (isNext) head = await land(ports, heeding, fact.data);
    if (isNext || landed.has(commit)) for (const id of ids) fates.set(id, null);
  }
  return head;
}

async function land(
  ports: Ports,
  { scope, task, branch }: Heeding,
  { parent, commit }: Extract<FactBody, { name: "suggestions.intended" }>["data"],
): Promise<string> {
  await ports.handover.bring(task.id, commit);
  if ((await ports.repository.readBranch(branch)) !== commit) await ports.repository.moveBranch(branch, commit, parent);
  const changes = await ports.repository.readChanges(parent, commit);
  await recordSnapshot(ports, scope, `${task.id}/suggested/${commit}/taken`, { round: 0, parent, commit, changes });
  return commit;
}

type Placed = Pick<Suggestion, "id" | "author" | "text"> & Lines;

/** The commit on `head` with all that can be taken, file by file; `head` itself where that changes nothing. */
async function make(
  ports: Ports,
  heeding: Heeding,
  head: string,
  suggestions: readonly Suggestion[],
  fates: Fates,
): Promise<string> {
  const read = async (commit: string, path: string): Promise<string> =>
    (await ports.repository.readFiles(commit, [path])).get(path) ?? "";
  const edits = new Map<string, { readonly content: string; readonly placed: readonly Placed[] }>();
  for (const { id, author, text, path, commit, ...lines } of suggestions) {
    const { content, placed } = edits.get(path) ?? { content: await read(head, path), placed: [] };
    const at = carried(await read(commit, path), content, lines);
    const why = whyNot(at, content, placed);
    if (at === null || why !== null) fates.set(id, why);
    else edits.set(path, { content, placed: [...placed, { id, author, text, ...at }] });
  }
  const date = isoTime(ports.clock.now());
  let made = { commit: head, files: new Map<string, string>(), authors: new Set<string>() };
  for (const [path, { content, placed }] of edits) {
    const files = new Map([...made.files, [path, splice(content, placed)]]);
    const authors = new Set([...made.authors, ...placed.map(({ author }) => author)]);
    const tried = await commitOf(ports, heeding, head, { files, authors, date });
    if ("why" in tried) for (const { id } of placed) fates.set(id, tried.why);
    else made = { ...tried, files, authors };
  }
  return made.commit;
}

function whyNot(at: Lines | null, content: string, placed: readonly Lines[]): string | null {
  if (at === null) return "those lines are not what they were";
  if (content.includes("\ufffd")) return "the file is no UTF-8 text";
  return placed.some((one) => meets(one, at)) ? "another suggestion is about the same lines" : null;
}

async function commitOf(
  ports: Ports,
  { scope, task, policy }: Heeding,
  from: string,
  edit: { readonly files: ReadonlyMap<string, string>; readonly authors: ReadonlySet<string>; readonly date: string },
): Promise<{ readonly commit: string } | { readonly why: string }> {
  const trailers = { task: task.id, run: scope.run, agent: "dispatch", version: "suggestions", round: 0 };
  const title = `Suggestions: ${task.title}`;
  const message = formatCommit({ ...trailers, title, coAuthors: [...edit.authors] });
  const words = { message, author: "dispatch", date: edit.date };
  const made = await ports.repository.rewrite(from, edit.files, words).catch((error: unknown) => refused(ports, error));
  if ("kind" in made) return { why: made.reason };
  const { commit, changes } = made;
  if (changes.length === 0) return { commit: from };
  const change = { from, to: commit };
  const why = (await findViolation(ports, change, changes, policy)) ?? (await findSecrets(ports, change, changes, []));
  return why === null ? { commit } : { why: ports.secrets.mask(why) };
}

const isTaken = ({ suggestions }: Remark, fates: Fates): boolean =>
  suggestions.length > 0 && suggestions.every(({ id }) => fates.get(id) === null);

/**
 * A human's word weighs like a blocker: the coder's brief carries it, reviewers judge the outcome. Beside a suggestion
 * that was taken it may be no more than why, so that a coder may leave it.
 */
function asFindings({ by, why, remarks }: Asked, fates: Fates): readonly Finding[] {
  const finding = (severity: Finding["severity"], message: string): Finding => {
    return { path: null, line: null, severity, rule: `asked by ${by}`, message, skills: [] };
  };
  if (remarks === undefined) return [finding("blocker", why)];
  const isAnyTaken = remarks.some((one) => isTaken(one, fates));
  return remarks.map((one) => {
    if (isTaken(one, fates)) return finding("note", `${saidIn(one, one.words)}\n\nWhat was suggested here is applied.`);
    if (one.at === null && isAnyTaken) return finding("note", one.text);
    const whys = [...new Set(one.suggestions.flatMap(({ id }) => fates.get(id) ?? []))].join("; ");
    return finding("blocker", `${saidIn(one, one.text)}${whys === "" ? "" : `\n\nNot applied as it stands: ${whys}`}`);
  });
}
