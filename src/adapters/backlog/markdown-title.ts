import type { Html, PhrasingContent } from "mdast";

/** What a reader sees of the inline nodes that begin on this line: no marks, no comments, links by their text. */
export function titleText(nodes: readonly PhrasingContent[], line: number): string {
  return nodes
    .filter((node) => startLine(node) === line)
    .map((node) => firstLine(nodeText(node, line)))
    .join("");
}

/** The HTML comments that begin on this line, however deep in bold or links. */
export function titleComments(nodes: readonly PhrasingContent[], line: number): readonly Html[] {
  return nodes
    .filter((node) => startLine(node) === line)
    .flatMap((node) => {
      if (node.type === "html") return node.value.startsWith("<!--") ? [node] : [];
      return "children" in node ? titleComments(node.children, line) : [];
    });
}

/** True where `<!--` is read as text: the comment that it begins is never closed. */
export function opensComment(nodes: readonly PhrasingContent[], line: number, source: string): boolean {
  return nodes
    .filter((node) => startLine(node) === line)
    .some((node) => {
      if ("children" in node) return opensComment(node.children, line, source);
      if (node.type !== "text") return false;
      const written = source.slice(node.position?.start.offset, node.position?.end.offset);
      return /(?:^|[^\\])<!--/.test(firstLine(written));
    });
}

function nodeText(node: PhrasingContent, line: number): string {
  switch (node.type) {
    case "text":
    case "inlineCode":
      return node.value;
    case "link":
      return titleText(node.children, line) || node.url;
    case "image":
    case "imageReference":
      return node.alt ?? "";
    case "html":
    case "break":
    case "footnoteReference":
      return "";
    case "delete":
    case "emphasis":
    case "strong":
    case "linkReference":
      return titleText(node.children, line);
    default:
      return node satisfies never;
  }
}

function startLine(node: PhrasingContent): number {
  return node.position?.start.line ?? 0;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
