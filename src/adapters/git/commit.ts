import { DispatchError } from "../../domain/errors.ts";
import { requireObjectId } from "./names.ts";
import { type ObjectStore, writeObject } from "./objects.ts";

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

/** As the history shows it. */
export const COMMITTER = signature(OURSELVES);

/** A commit that no configuration and no clock has a part in: the same request gives the same id. No ref moves. */
export function writeCommit(store: ObjectStore, request: CommitRequest): Promise<string> {
  const { tree, parents, author, date } = request;
  const time = `${epochSeconds(date)} +0000`;
  // git refuses NUL in a message; the final newline keeps trailers readable for everybody.
  const message = `${request.message.replaceAll("\0", "").trimEnd()}\n`;
  const header = [
    `tree ${requireObjectId(tree)}`,
    ...parents.map((parent) => `parent ${requireObjectId(parent)}`),
    `author ${signature(parseAuthor(author))} ${time}`,
    `committer ${signature(OURSELVES)} ${time}`,
  ];
  return writeObject(store, "commit", `${header.join("\n")}\n\n${message}`);
}

interface Person {
  readonly name: string;
  readonly email: string;
}

function signature({ name, email }: Person): string {
  return `${name} <${email}>`;
}

function parseAuthor(author: string): Person {
  const [, name = "", email = ""] = /^([^<>]*?)\s*<([^<>]*)>$/.exec(author) ?? [];
  if (email !== "") return { name: named(name), email: email.replace(/[\s\p{Cc}]/gu, "") };
  return { name: named(author.replace(/[<>]/g, "")), email: OURSELVES.email };
}

function named(name: string): string {
  const clean = name.replace(/\p{Cc}/gu, " ").trim();
  return /[\p{L}\p{N}]/u.test(clean) ? clean : OURSELVES.name;
}

function epochSeconds(date: string): number {
  const milliseconds = Date.parse(date);
  if (Number.isFinite(milliseconds)) return Math.floor(milliseconds / 1000);
  throw new DispatchError({
    code: "invalid_date",
    message: `${JSON.stringify(date)} is not a date.`,
    hint: "Give it as ISO 8601: 2026-01-31T12:00:00Z",
    facts: { date },
  });
}
