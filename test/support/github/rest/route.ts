import { apiOf } from "../shape/basics.ts";
import type { Account, Actor, Repo, World } from "../state/model.ts";
import { notFound } from "../state/refusal.ts";
import type { Body } from "./body.ts";

export interface Asked {
  readonly world: World;
  readonly account: Account;
  readonly by: Actor;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
}

/** About one repository, which the account may see. */
export interface AskedOf extends Asked {
  readonly repo: Repo;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler<A extends Asked> = (asked: A) => Answer | Promise<Answer>;

export interface Route<A extends Asked> {
  readonly method: string;
  readonly pattern: string;
  readonly handle: Handler<A>;
}

/** `"GET /issues/:number": handler`; `:name*` takes the rest, slashes and all. */
export function routes<A extends Asked>(table: Readonly<Record<string, Handler<A>>>): readonly Route<A>[] {
  return Object.entries(table).map(([line, handle]) => {
    const [method = "", pattern = ""] = line.split(" ");
    return { method, pattern, handle };
  });
}

export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (part.endsWith("*")) {
      params[part.slice(1, -1)] = given.slice(at).map(decodeURIComponent).join("/");
      return given.length > at ? params : null;
    }
    const segment = given[at];
    if (segment === undefined || segment === "") {
      if (part !== segment) return null;
    } else if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(segment);
    else if (part !== segment) return null;
  }
  return wanted.length === given.length ? params : null;
}

export const answer = (status: number, body?: unknown): Answer => ({ status, body });

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** A page of it, with `Link` to the others; under a key, with the total, where GitHub does so. */
export function page<T>(
  asked: Asked,
  path: string,
  items: readonly T[],
  shape: (item: T) => unknown,
  key?: string,
): Answer {
  const { query, world } = asked;
  const size = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30) || 30));
  const at = Math.max(1, Number(query.get("page") ?? 1) || 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const shown = items.slice((at - 1) * size, at * size).map(shape);
  const link = (to: number, rel: string): string => {
    const others = new URLSearchParams(query);
    others.set("page", String(to));
    return `<${apiOf(world)}${path}?${others.toString()}>; rel="${rel}"`;
  };
  const before = at > 1 ? [link(at - 1, "prev")] : [];
  const after = at < last ? [link(at + 1, "next"), link(last, "last")] : [];
  const links = [...before, ...after, ...(at > 1 ? [link(1, "first")] : [])];
  return {
    status: 200,
    body: key === undefined ? shown : { total_count: items.length, [key]: shown },
    headers: links.length === 0 ? {} : { link: links.join(", ") },
  };
}

/** A number in the path. */
export function number(asked: Asked, name = "number"): number {
  const value = Number(asked.params[name]);
  if (!Number.isSafeInteger(value)) throw notFound();
  return value;
}

export const param = ({ params }: Asked, name: string): string => params[name] ?? "";
