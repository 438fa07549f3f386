import { DispatchError } from "../../domain/errors.ts";
import { type Git, line } from "./git.ts";

export interface CommitRequest {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** `Name <address>`, or a name alone. */
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
}

const OURSELVES = { name: "dispatch", email: "dispatch@localhost" };

/** A commit that no configuration and no clock has a part in: the same request gives the same id. No ref moves. */
export async function writeCommit(git: Git, request: CommitRequest): Promise<string> {
  const { tree, parents, author, date } = request;
  // git refuses NUL in a message; the final newline keeps trailers readable for everybody.
  const input = `${request.message.replaceAll("\0", "").trimEnd()}\n`;
  const args = [tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"];
  return line(await git("commit-tree", args, { input, env: identity(parseAuthor(author), rawDate(date)) }));
}

function identity(author: { readonly name: string; readonly email: string }, date: string): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: OURSELVES.name,
    GIT_COMMITTER_EMAIL: OURSELVES.email,
    GIT_COMMITTER_DATE: date,
  };
}

function parseAuthor(author: string): { readonly name: string; readonly email: string } {
  const [, name = "", email = ""] = /^([^<>]*?)\s*<([^<>]*)>$/.exec(author) ?? [];
  if (email !== "") return { name: named(name), email: email.replace(/[\s\p{Cc}]/gu, "") };
  return { name: named(author.replace(/[<>]/g, "")), email: OURSELVES.email };
}

function named(name: string): string {
  const clean = name.replace(/\p{Cc}/gu, " ").trim();
  return /[\p{L}\p{N}]/u.test(clean) ? clean : OURSELVES.name;
}

function rawDate(date: string): string {
  const milliseconds = Date.parse(date);
  if (Number.isFinite(milliseconds)) return `@${Math.floor(milliseconds / 1000)} +0000`;
  throw new DispatchError({
    code: "invalid_date",
    message: `${JSON.stringify(date)} is not a date.`,
    hint: "Give it as ISO 8601: 2026-01-31T12:00:00Z",
    facts: { date },
  });
}
