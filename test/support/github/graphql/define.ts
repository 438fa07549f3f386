import type { Account, World } from "../state/model.ts";

/** Types as lines of GitHub's own schema, each with what answers it. */

export interface Context {
  readonly world: World;
  readonly account: Account;
}

export type Args = Readonly<Record<string, unknown>>;

type Get<S> = (source: S, args: Args, context: Context) => unknown;

export interface FieldType {
  readonly name: string;
  /** As written: `[Label!]!`. */
  readonly type: string;
  /** `name → type`. */
  readonly args: ReadonlyMap<string, string>;
  readonly get: Get<never>;
}

export type ObjectType = ReadonlyMap<string, FieldType>;

/** `"pullRequest(number: Int!): PullRequest": (repo, { number }) => …`. */
export function object<S>(lines: Readonly<Record<string, Get<S>>>): ObjectType {
  return new Map(
    Object.entries(lines).map(([line, get]) => {
      const [, name = "", args = "", type = ""] = /^(\w+)(?:\((.*)\))?: (.+)$/.exec(line) ?? [];
      return [name, { name, type, args: readArgs(args), get }];
    }),
  );
}

export function readArgs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(", ")
      .filter(Boolean)
      .map((one) => one.split(": ") as [string, string]),
  );
}

export const PAGE = "after: String, before: String, first: Int, last: Int";

interface Page<T> {
  readonly nodes: readonly T[];
  readonly totalCount: number;
  readonly from: number;
}

const cursor = (at: number): string => Buffer.from(`cursor:${at}`).toString("base64");

const readCursor = (text: unknown): number =>
  Number(Buffer.from(String(text), "base64").toString().slice("cursor:".length));

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** What a connection shows of all; that `first` or `last` is given was seen to before. */
export function pageOf<T>(all: readonly T[], args: Args): Page<T> {
  const begin = args["after"] == null ? 0 : readCursor(args["after"]) + 1;
  const end = args["before"] == null ? all.length : readCursor(args["before"]);
  const first = number(args["first"]);
  const last = number(args["last"]);
  const from = last === null ? begin : Math.max(begin, end - last);
  return { nodes: all.slice(from, first === null ? end : Math.min(end, from + first)), totalCount: all.length, from };
}

/** The types of a connection to something. */
export function connection(of: string): readonly (readonly [string, ObjectType])[] {
  const page = object<Page<unknown>>({
    [`nodes: [${of}]`]: ({ nodes }) => nodes,
    [`edges: [${of}Edge]`]: ({ nodes, from }) => nodes.map((node, at) => ({ node, cursor: cursor(from + at) })),
    "totalCount: Int!": ({ totalCount }) => totalCount,
    "pageInfo: PageInfo!": (page) => page,
  });
  const edge = object<{ node: unknown; cursor: string }>({
    [`node: ${of}`]: ({ node }) => node,
    "cursor: String!": (one) => one.cursor,
  });
  return [
    [`${of}Connection`, page],
    [`${of}Edge`, edge],
  ];
}

export const pageInfo = object<Page<unknown>>({
  "hasNextPage: Boolean!": ({ nodes, from, totalCount }) => from + nodes.length < totalCount,
  "hasPreviousPage: Boolean!": ({ from }) => from > 0,
  "startCursor: String": ({ nodes, from }) => (nodes.length === 0 ? null : cursor(from)),
  "endCursor: String": ({ nodes, from }) => (nodes.length === 0 ? null : cursor(from + nodes.length - 1)),
});

/** `PullRequest` of `[PullRequest!]!`. */
export const bare = (type: string): string => type.replace(/[[\]!]/g, "");
