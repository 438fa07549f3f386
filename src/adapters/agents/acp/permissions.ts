import { type Fields, listAt, textAt } from "../fields.ts";

/** Of a tool, in ACP's words: nothing of it writes, runs or fetches. */
const READING: ReadonlySet<string> = new Set(["read", "search", "think"]);

export const mayUse = (edits: boolean, toolKind: string): boolean => edits || READING.has(toolKind);

/** This once where we can say so; where it offers no such answer, its question is withdrawn. */
export function permissionAnswer(request: Fields, isAllowed: boolean): Fields {
  const kinds = isAllowed ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
  const options = listAt(request, "options");
  const option = kinds.flatMap((kind) => options.filter((one) => textAt(one, "kind") === kind))[0];
  if (option === undefined) return { outcome: { outcome: "cancelled" } };
  return { outcome: { outcome: "selected", optionId: textAt(option, "optionId") } };
}
