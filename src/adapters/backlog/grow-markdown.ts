import type { BacklogItem } from "../../domain/backlog-item.ts";
import { type Proposal, withSubTasks } from "../../domain/proposal.ts";
import { dedent } from "./dedent.ts";
import { lastLines, parseMarkdown } from "./markdown.ts";
import { duplicateProblems, nameItems } from "./name-items.ts";
import { plainLine } from "./plain-line.ts";

const LINE = /[^\r\n]*(?:\r\n|\r|\n|$)/g;
const BULLETS = /^(?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)+(?=\[)/;
const BOX = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ \txX]\]/;

/**
 * The text with sub-tasks below an item, and nothing else in it changed. null where that cannot be: it is read again,
 * and everything has to be there as it was, and as it is meant to be.
 */
export function growMarkdown(text: string, item: string, tasks: readonly Proposal[]): string | null {
  const before = itemsIn(text);
  const line = find(before, item)?.at?.line;
  const last = line === undefined ? undefined : lastLines(text).get(line);
  if (line === undefined || last === undefined) return null;
  const plain = tasks.map(asWritten);
  const lines = text.match(LINE) ?? [];
  const eol = /\r\n|\r|\n/.exec(text)?.[0] ?? "\n";
  // What comes below text must not become part of it.
  const hasText = last > line && !lines.slice(line, last).some((one) => BOX.test(one));
  const indent = (BULLETS.exec(lines[line - 1] ?? "")?.[0] ?? "").replace(/[^ \t]/g, " ");
  const added = [...(hasText ? [""] : []), ...plain.flatMap((task) => linesOf(task, indent))];
  const above = lines.slice(0, last).join("");
  const joint = /[\r\n]$/.test(above) ? "" : eol;
  const grown = `${above}${joint}${added.join(eol)}${eol}${lines.slice(last).join("")}`;
  const isSame = asText(itemsIn(grown), plain) === asText(withSubTasks(before, item, plain), plain);
  const isSound = parseMarkdown(grown).problems.length === 0 && duplicateProblems(itemsIn(grown)).length === 0;
  return isSame && isSound ? grown : null;
}

/** In the form in which it is read again. */
function asWritten({ title, body, estimate, ...task }: Proposal): Proposal {
  const seconds = estimate === null ? null : Math.max(1, Math.round(estimate));
  return { ...task, title: plainLine(title), body: dedent(body.split(/\r\n?|\n/), -1), estimate: seconds };
}

function linesOf({ id, title, body, files, after, estimate }: Proposal, indent: string): readonly string[] {
  const keys = [
    `id: ${id}`,
    ...(after.length === 0 ? [] : [`after: ${after.join(",")}`]),
    ...(estimate === null ? [] : [`est: ${estimate % 60 === 0 ? `${estimate / 60}m` : `${estimate}s`}`]),
    ...(files.length === 0 ? [] : [`files: ${files.join(",")}`]),
  ];
  const text = body === "" ? [] : body.split("\n").map((line) => (line === "" ? "" : `${indent}  ${line}`));
  return [`${indent}- [ ] ${title} <!-- ${keys.join(" ")} -->`, ...text];
}

const itemsIn = (text: string): readonly BacklogItem[] => nameItems(parseMarkdown(text).items, "");

function find(items: readonly BacklogItem[], id: string): BacklogItem | undefined {
  return items.find((item) => item.id === id) ?? items.map((item) => find(item.children, id)).find(Boolean);
}

/** Lines move; and what marks a new title had are marks when it is read. */
function asText(items: readonly BacklogItem[], fresh: readonly Proposal[]): string {
  const ids = new Set(fresh.map(({ id }) => id));
  const plain = ({ id, title, body, done, after, estimateSeconds, files, ...more }: BacklogItem): unknown => [
    ...[id, ids.has(id) ? "" : title, body, done, after, estimateSeconds, files],
    ...[more.kind, more.skills, more.value, more.priority, more.children.map(plain)],
  ];
  return JSON.stringify(items.map(plain));
}
