import type { JournalLine } from "../views.ts";
import type { World } from "../state/model.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Rate {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since the epoch. */
  readonly reset: number;
  readonly resource: "core";
}

function lines({ journal, now }: World, login: string, ms: number): readonly JournalLine[] {
  const from = now() - ms;
  return journal.filter((line) => line.login === login && line.at > from);
}

/** Git is not counted, nor is what had not changed. */
const isCounted = ({ status, points }: JournalLine): boolean => status !== 304 && points > 0;

export function rateOf(world: World, login: string): Rate {
  const counted = lines(world, login, HOUR).filter(isCounted);
  const limit = world.limits.perHour;
  const first = counted[0]?.at ?? world.now();
  const remaining = Math.max(0, limit - counted.length);
  return { limit, used: limit - remaining, remaining, reset: Math.ceil((first + HOUR) / 1000), resource: "core" };
}

export function rateHeaders(rate: Rate): Record<string, string> {
  const { limit, used, remaining, reset, resource } = rate;
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-used": String(used),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-resource": resource,
  };
}

export interface Limited {
  readonly message: string;
  /** Seconds; null where `x-ratelimit-reset` says it. */
  readonly retryAfter: number | null;
}

/** What a request that is in the journal already goes beyond; null when it may be done. */
export function limitOf(world: World, login: string, line: JournalLine): Limited | null {
  const { limits } = world;
  if (line.points === 0) return null;
  const counted = lines(world, login, HOUR).filter(isCounted);
  if (counted.length > limits.perHour) {
    return { message: `API rate limit exceeded for user ID ${world.accounts.get(login)?.id}.`, retryAfter: null };
  }
  const done = lines(world, login, MINUTE).filter((one) => one === line || one.effective);
  const points = done.reduce((sum, one) => sum + one.points, 0);
  if (points > limits.pointsPerMinute) return { message: secondary("."), retryAfter: wait(world, done, MINUTE) };
  if (!line.isContent) return null;
  const content = lines(world, login, HOUR).filter((one) => one.isContent && (one === line || one.effective));
  const recent = content.filter(({ at }) => at > world.now() - MINUTE);
  if (recent.length > limits.contentPerMinute) {
    return { message: secondary(BLOCKED), retryAfter: wait(world, recent, MINUTE) };
  }
  if (content.length <= limits.contentPerHour) return null;
  return { message: secondary(BLOCKED), retryAfter: wait(world, content, HOUR) };
}

const BLOCKED = " and have been temporarily blocked from content creation. Please retry your request again later.";

const secondary = (rest: string): string => `You have exceeded a secondary rate limit${rest}`;

/** Until the oldest of them no longer counts. */
function wait(world: World, counted: readonly JournalLine[], ms: number): number {
  const oldest = counted[0]?.at ?? world.now();
  return Math.max(1, Math.ceil((oldest + ms - world.now()) / 1000));
}

const CONTENT = [
  /^\/repos\/[^/]+\/[^/]+\/(?:issues|pulls)$/,
  /^\/repos\/[^/]+\/[^/]+\/(?:issues|pulls)\/\d+\/(?:comments|reviews)$/,
  /^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/comments\/\d+\/replies$/,
];

export function isContentRequest(method: string, path: string, body: unknown): boolean {
  if (method !== "POST") return false;
  if (path !== "/graphql") return CONTENT.some((pattern) => pattern.test(path));
  return /addPullRequestReviewThreadReply|addComment/.test(queryOf(body));
}

export function pointsOf(method: string, path: string, body: unknown): number {
  if (/^\/(?:rate_limit$|app(?:\/|$))|\.git\//.test(path)) return 0;
  if (path === "/graphql") return /^\s*mutation\b/.test(queryOf(body)) ? 5 : 1;
  return method === "GET" || method === "HEAD" ? 1 : 5;
}

function queryOf(body: unknown): string {
  const query = typeof body === "object" && body !== null && "query" in body ? body.query : "";
  return typeof query === "string" ? query : "";
}
