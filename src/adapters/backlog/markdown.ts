import type { Heading, ListItem, Paragraph, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import { parseAnnotation } from "./annotation.ts";
import { dedent, indentOf } from "./dedent.ts";
import { opensComment, titleComments, titleText } from "./markdown-title.ts";
import { plainLine } from "./plain-line.ts";
import type { Problem } from "./problems.ts";
import { annotated, type ReadItem, type Reading } from "./read-item.ts";
import { ANNOTATION_KEYS } from "./schema.ts";

type Position = RootContent["position"];

const BOX = /\[[ \txX]\][ \t]+\S/;
const ALMOST_BOX = /^\[[ \txX]?\]/;
const MISPLACED_COMMENT = new RegExp(`^<!--\\s*(?:${ANNOTATION_KEYS.join("|")}):`);
const UNCLOSED = 'the comment is not closed: end it with "-->"';

interface Page {
  readonly source: string;
  readonly lines: readonly string[];
  readonly problems: Problem[];
}

/** Every `- [ ] title` of the text (docs/contract.md §3), in its order; lists in quotes and code are no items. */
export function parseMarkdown(text: string): Reading {
  const source = text.replace(/\r\n?/g, "\n");
  const page: Page = { source, lines: source.split("\n"), problems: [] };
  const items = readItems(page, nodesOf(source));
  return { items, problems: page.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

/** By the line of its title, the last line of each item, and of what is below it. */
export function lastLines(text: string): ReadonlyMap<number, number> {
  const visit = (node: RootContent): readonly (readonly [number, number])[] => {
    if (node.type === "list") return node.children.flatMap(visit);
    if (node.type !== "listItem") return [];
    const last = [startOf(titleOf(node) ?? node), node.position?.end.line ?? 0] as const;
    return [last, ...node.children.flatMap(visit)];
  };
  return new Map(nodesOf(text.replace(/\r\n?/g, "\n")).flatMap(visit));
}

const nodesOf = (source: string): readonly RootContent[] =>
  fromMarkdown(source, { extensions: [gfmTaskListItem()], mdastExtensions: [gfmTaskListItemFromMarkdown()] }).children;

/** The items among these nodes; a plain bullet is looked through. */
function readItems(page: Page, nodes: readonly RootContent[]): ReadItem[] {
  return nodes.flatMap((node) => {
    if (node.type === "html") noteUnclosed(page, node.value, startOf(node));
    if (node.type !== "list") return [];
    return node.children.flatMap((child) => {
      const title = titleOf(child);
      if (title !== null && typeof child.checked === "boolean") return [readItem(page, child, title, child.checked)];
      noteAlmost(page, title);
      return readItems(page, child.children);
    });
  });
}

function readItem(page: Page, node: ListItem, first: Paragraph | Heading, done: boolean): ReadItem {
  const line = startOf(first);
  const comments = titleComments(first.children, line);
  const annotation = parseAnnotation(comments.map((comment) => comment.value));
  const note = (message: string): number => page.problems.push({ line, message });
  if (!annotation.ok) annotation.problems.forEach(note);
  if (opensComment(first.children, line, page.source)) note(UNCLOSED);
  const title = plainLine(titleText(first.children, line));
  if (title === "" || !BOX.test(page.lines[line - 1] ?? ""))
    note('the item has no title: write "- [ ] what is to be done"');
  noteMisplaced(page, node, first);

  return {
    ...annotated(annotation.ok ? annotation.fields : { after: [], files: [], skills: [] }),
    title,
    body: bodyOf(page, node, line, comments.at(-1)?.position),
    done,
    line,
    children: readItems(page, node.children),
  };
}

/** The lines below the title, as they were written, without those of sub-tasks. A comment may reach into them. */
function bodyOf(page: Page, node: ListItem, title: number, comment: Position): string {
  const subTasks = new Set(node.children.flatMap(taskLines));
  const above = Math.max(title, comment?.end.line ?? 0);
  const lines = page.lines.slice(above, node.position?.end.line).filter((_, index) => !subTasks.has(above + index + 1));
  const beside = above > title ? (page.lines[above - 1]?.slice((comment?.end.column ?? 1) - 1).trim() ?? "") : "";
  const below = dedent(lines, indentOf(page.lines[startOf(node) - 1] ?? ""));
  return [beside, below].filter((text) => text !== "").join("\n");
}

/** The numbers of all lines that tasks take up. */
function taskLines(node: RootContent): number[] {
  if (node.type !== "list") return [];
  return node.children.flatMap((child) => {
    if (typeof child.checked !== "boolean") return child.children.flatMap(taskLines);
    const first = startOf(child);
    return Array.from({ length: (child.position?.end.line ?? 0) - first + 1 }, (_, index) => first + index);
  });
}

function titleOf(item: ListItem): Paragraph | Heading | null {
  const first = item.children[0];
  return first?.type === "paragraph" || first?.type === "heading" ? first : null;
}

/** `- [x]done` and `- [] a` are text to Markdown, and work to whoever wrote them. */
function noteAlmost(page: Page, first: Paragraph | Heading | null): void {
  const text = first?.children[0];
  if (first === null || text?.type !== "text" || !ALMOST_BOX.test(text.value)) return;
  const [written = ""] = text.value.split("\n", 1);
  const message = `"${written.slice(0, 40)}" is almost an item: write "- [ ] title" or "- [x] title", with the spaces`;
  page.problems.push({ line: startOf(first), message });
}

/** Its keys would be silently without effect. */
function noteMisplaced(page: Page, item: ListItem, first: Paragraph | Heading): void {
  const next = item.children[1];
  if (next?.type !== "html" || startOf(next) !== (first.position?.end.line ?? 0) + 1) return;
  if (!MISPLACED_COMMENT.test(next.value)) return;
  page.problems.push({
    line: startOf(next),
    message: "the comment with the keys belongs on the title line: move it up",
  });
}

function noteUnclosed(page: Page, html: string, line: number): void {
  if (!html.startsWith("<!--") || html.includes("-->")) return;
  page.problems.push({ line, message: `${UNCLOSED}; everything below it is hidden` });
}

function startOf(node: RootContent): number {
  return node.position?.start.line ?? 0;
}
