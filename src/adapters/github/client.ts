import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import type { Clock } from "../../ports/clock.ts";
import { remember } from "./etags.ts";
import { inOurWords, isGraphqlLimit, limited, limitedUntil } from "./errors.ts";
import { Viewer } from "./schema.ts";
import type { Addresses, Slug } from "./slug.ts";

export interface ClientOptions {
  readonly slug: Slug;
  readonly addresses: Addresses;
  readonly credentials: Credentials;
  /** Logins that are ours, too. */
  readonly accounts?: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What a question without an answer waits before it is asked again, four times that before the third time. */
  readonly retryMs?: number;
}

/** How we are let in; `kind` tells what GitHub lets such a token do. */
export interface Credentials {
  readonly kind: "app" | "person";
  /** Without any, the first request says what to set. */
  readonly isThere: boolean;
  fetchToken(): Promise<string>;
}

export interface GitHub {
  readonly slug: Slug;
  readonly server: string;
  readonly kind: Credentials["kind"];
  readonly rest: Octokit["rest"];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Every page of a list. */
  all: Octokit["paginate"];
  /** Pages of a list, as long as the caller wants more. */
  pages: Octokit["paginate"]["iterator"];
  graphql(query: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Of whoever the token belongs to. */
  fetchLogin(): Promise<string>;
  /** That, and the other accounts of ours: whose markers are believed. */
  fetchOwn(): Promise<readonly string[]>;
}

/** Requests that make something: asked again blindly, they would make it twice. */
export const ONCE = { request: { retries: 0 } } as const;

const ANSWER_MS = 30_000;
const MINUTE_MS = 60_000;
const NEVER_AGAIN = [400, 401, 403, 404, 405, 409, 410, 422, 451];
const Client = Octokit.plugin(retry, throttling);

/** The only one who talks to GitHub. One process for each token: limits are counted in here. */
export function openGitHub(options: ClientOptions): GitHub {
  const { slug, addresses, credentials, accounts = [], clock, signal, retryMs = 1000 } = options;
  const { server, api } = addresses;
  const octokit = new Client({
    baseUrl: api,
    userAgent: "dispatch",
    // An Enterprise Server counts nothing unless its owner wants it to; what it refuses is heard all the same.
    throttle: { enabled: /(?:^|\.)(?:api\.github\.com|ghe\.com)$/.test(new URL(api).hostname), ...refusing },
    retry: { doNotRetry: NEVER_AGAIN, retries: 2, retryAfterBaseValue: retryMs },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) }),
    },
  });
  octokit.hook.before("request", async (options) => {
    options.headers.authorization = `token ${await credentials.fetchToken()}`;
  });
  remember(octokit);
  let closedUntil = 0;
  octokit.hook.wrap("request", async (request, options) => {
    signal.throwIfAborted();
    if (closedUntil > clock.now()) throw limited(closedUntil);
    try {
      return await request(options);
    } catch (error) {
      signal.throwIfAborted();
      const until = limitedUntil(error, clock.now());
      if (until === null) throw inOurWords(error, `${options.method} ${options.url}`, server);
      closedUntil = until;
      throw limited(until);
    }
  });
  let login: Promise<string> | null = null;
  const graphql: GitHub["graphql"] = async (query, variables) => {
    try {
      return await octokit.graphql(query, { ...variables });
    } catch (error) {
      // It says so in an answer that is 200.
      if (!isGraphqlLimit(error)) throw error;
      closedUntil = clock.now() + MINUTE_MS;
      throw limited(closedUntil);
    }
  };
  const fetchLogin = (): Promise<string> => {
    login ??= credentials.kind === "app" ? fetchBot(graphql) : fetchPerson(octokit);
    // Who could not be asked once may be asked again.
    login.catch(() => (login = null));
    return login;
  };
  return {
    ...{ slug, server, kind: credentials.kind, rest: octokit.rest, clock, signal, graphql },
    all: octokit.paginate,
    pages: octokit.paginate.iterator,
    fetchLogin,
    fetchOwn: async () => [await fetchLogin(), ...accounts],
  };
}

async function fetchPerson({ rest }: Octokit): Promise<string> {
  return (await rest.users.getAuthenticated()).data.login;
}

/** REST tells an App nothing of itself by such a token. */
async function fetchBot(graphql: GitHub["graphql"]): Promise<string> {
  return Viewer.parse(await graphql("query { viewer { login } }", {})).viewer.login;
}

const quiet = (): void => undefined;
/** Whoever waits is told for how long; nothing is tried again behind their back. */
const refusing = { onRateLimit: () => false, onSecondaryRateLimit: () => false } as const;
