import { DispatchError, EXIT } from "../../domain/errors.ts";

/** How Octokit says that a request failed; without an answer its status is 500. */
interface RequestError extends Error {
  readonly status: number;
  readonly response?: {
    readonly headers: Readonly<Record<string, string | number | undefined>>;
    readonly data: unknown;
  };
}

const isRequestError = (error: unknown): error is RequestError =>
  error instanceof Error && error.name === "HttpError" && "status" in error;

export const statusOf = (error: unknown): number | null => (isRequestError(error) ? error.status : null);

/** null where there is no such thing, or none that we may see. */
export async function orNone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if ([404, 410].includes(statusOf(error) ?? 0)) return null;
    throw error;
  }
}

/** GitHub's own words for a refusal, its details behind them. */
export function saysOf(error: unknown): string {
  if (!isRequestError(error)) return String(error);
  const data = error.response?.data as { readonly errors?: readonly unknown[] } | undefined;
  const more = (data?.errors ?? []).map((one) =>
    typeof one === "string" ? one : ((one as { readonly message?: string }).message ?? JSON.stringify(one)),
  );
  return [error.message, ...more].join(" ");
}

/** Nobody knows whether it was done: the answer was lost, or what we wanted to make is there already. */
export const isUnclear = (error: unknown): boolean =>
  statusOf(error) === 422 || (error instanceof DispatchError && error.code === "github_unreachable");

/** When GitHub lets us in again, in milliseconds since 1970; null where this is no limit. */
export function limitedUntil(error: unknown, now: number): number | null {
  if (!isRequestError(error) || ![403, 429].includes(error.status)) return null;
  const headers = error.response?.headers ?? {};
  const after = Number(headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(after)) return now + after * 1000;
  if (headers["x-ratelimit-remaining"] === "0")
    return Math.max(now + 1000, Number(headers["x-ratelimit-reset"] ?? 0) * 1000);
  return error.status === 429 || /rate limit/i.test(error.message) ? now + 60_000 : null;
}

export function isGraphqlLimit(error: unknown): boolean {
  const { errors = [] } = error instanceof Error ? (error as { readonly errors?: readonly { type?: string }[] }) : {};
  return Array.isArray(errors) && errors.some(({ type }) => type === "RATE_LIMITED");
}

export function limited(until: number): DispatchError {
  const at = new Date(until).toISOString();
  return new DispatchError({
    code: "github_limited",
    message: `GitHub takes nothing more from us before ${at}.`,
    hint: "Try it again then; what was begun goes on.",
    exit: EXIT.later,
    facts: { until: at },
  });
}

/** What no caller can do anything about, in our words; the rest as it came. */
export function inOurWords(error: unknown, what: string, server: string): unknown {
  if (!isRequestError(error)) return error;
  const { status } = error;
  const facts = { status, request: what };
  const details = { facts, cause: error };
  if (status === 401)
    return new DispatchError({
      ...details,
      code: "github_auth",
      message: `${server} does not accept the token (${what}).`,
      hint: "Set GITHUB_TOKEN to one that is valid: GITHUB_TOKEN=$(gh auth token) dispatch …",
      exit: EXIT.authentication,
    });
  if (status === 403)
    return new DispatchError({
      ...details,
      code: "github_forbidden",
      message: `The token may not do this: ${what} (${saysOf(error)}).`,
      hint: "Give it write access to contents, pull requests, issues and checks or statuses: dispatch help github",
      exit: EXIT.authentication,
    });
  if (status >= 500)
    return new DispatchError({
      ...details,
      code: "github_unreachable",
      message: `${server} did not answer ${what}: ${error.message}.`,
      hint: "Try it again in a moment; what was begun goes on.",
      exit: EXIT.later,
    });
  return error;
}
