import { gitHub } from "../../support/github/index.ts";
import type { GitHub, GitHubOptions, Repository } from "../../support/github/types.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Whatever JSON came: tests look into it by `toMatchObject`, or by a field. */
  readonly body: { readonly [field: string]: unknown };
}

export type Ask = (line: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answered>;

/** `ask("POST /repos/acme/widgets/issues", { title })` over real HTTP, by the token of this login. */
export function asking({ apiUrl, token }: GitHub, login: string, scheme = "token"): Ask {
  const secret = token(login);
  return async (line, body, headers = {}) => {
    const [method = "GET", path = ""] = line.split(" ");
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `${scheme} ${secret}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as {}) };
  };
}

/** The items of a list that was answered. */
export function items({ body }: Answered): readonly { readonly [field: string]: unknown }[] {
  if (!Array.isArray(body)) throw new Error(`no list: ${JSON.stringify(body)}`);
  return body as { readonly [field: string]: unknown }[];
}

export interface Site extends AsyncDisposable {
  readonly github: GitHub;
  readonly widgets: Repository;
  /** bob, who may write. */
  readonly ask: Ask;
}

export async function site(options: GitHubOptions = {}): Promise<Site> {
  const github = await gitHub(options);
  const widgets = await github.repository("acme/widgets", { files: { "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n" } });
  return { github, widgets, ask: asking(github, "bob"), [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() };
}
