/** What a scripted model does, one step in each turn; what it says ends its work. */
export type Step =
  | { readonly write: readonly [path: string, content: string] }
  | { readonly sh: string }
  | { readonly tool: readonly [name: string, args: Readonly<Record<string, unknown>>] }
  | { readonly say: string }
  | { readonly json: unknown };

/** The first counts whose words are in the prompt, without the directive itself. */
export interface Rule {
  /** Absent: always. */
  readonly if?: string;
  readonly do: readonly Step[];
}

/** For a text that ends up in a prompt, such as that of a backlog's item: one line. */
export const directive = (...rules: readonly Rule[]): string => `PLAY[[${JSON.stringify(rules)}]]YALP`;

const DIRECTIVE = /PLAY\[\[([\s\S]*?)\]\]YALP/g;

/** How the brief of each role begins (src/dispatch/brief.ts). */
export const BRIEFS = {
  coder: "Make this one change",
  mender: "Your change was reviewed",
  reviewer: "Review the change below",
  tester: "Test the change below",
  planner: "Propose narrow tasks",
} as const;

/** By the last directive of the prompt, also where it is quoted as Markdown, or by these rules instead. */
export function stepsOf(prompt: string, instead: readonly Rule[] | null): readonly Step[] {
  const plain = prompt.replaceAll(/^> ?/gm, "");
  const found = [...plain.matchAll(DIRECTIVE)].at(-1)?.[1] ?? "[]";
  const rest = plain.replaceAll(DIRECTIVE, "");
  const rules = instead ?? (JSON.parse(found) as readonly Rule[]);
  return rules.find((rule) => rule.if === undefined || rest.includes(rule.if))?.do ?? [];
}

/** Whose brief it is. */
export function roleIn(prompt: string): keyof typeof BRIEFS | null {
  const rest = prompt.replaceAll(DIRECTIVE, "");
  const roles = Object.keys(BRIEFS) as (keyof typeof BRIEFS)[];
  return roles.find((role) => rest.includes(BRIEFS[role])) ?? null;
}

export const hasDirective = (text: string): boolean => text.search(DIRECTIVE) >= 0;
