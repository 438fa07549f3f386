import { DispatchError, EXIT } from "../../domain/errors.ts";

/** Where on GitHub, or on a GitHub Enterprise Server, this repository is. */
export interface Slug {
  readonly owner: string;
  readonly repo: string;
}

/** Where this machine finds GitHub: as GitHub's own runners set it, so that an Enterprise Server needs no key of ours. */
export interface Addresses {
  readonly server: string;
  readonly api: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function addressesOf(env: Environment): Addresses {
  const server = (env["GITHUB_SERVER_URL"] ?? "").replace(/\/+$/, "") || "https://github.com";
  const usual = new URL(server).hostname === "github.com" ? "https://api.github.com" : `${server}/api/v3`;
  return { server, api: (env["GITHUB_API_URL"] ?? "").replace(/\/+$/, "") || usual };
}

/** null where the URL leads to another server. */
export function slugOf(url: string, server: string): Slug | null {
  const { hostname, host } = new URL(server);
  const full = /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/]+)\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/i.exec(url);
  const scp = /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)\/?([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url);
  const [, at = "", owner = "", repo = ""] = full ?? scp ?? [];
  const isThere = [host, hostname].some((name) => name.toLowerCase() === at.toLowerCase());
  return isThere ? { owner, repo } : null;
}

export function requireSlug(origin: { readonly pushUrl: string } | null, server: string): Slug {
  const slug = origin === null ? null : slugOf(origin.pushUrl, server);
  if (slug !== null) return slug;
  throw new DispatchError({
    code: "not_on_github",
    message:
      origin === null
        ? "This repository has no origin, so it has no pull requests on GitHub."
        : `The origin of this repository is not on ${server}.`,
    hint: 'Write "forge": "local" in dispatch.jsonc, or set GITHUB_SERVER_URL and origin to where it is.',
    exit: EXIT.usage,
  });
}
