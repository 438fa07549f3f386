import { spawn } from "node:child_process";
import type { IncomingHttpHeaders } from "node:http";
import { may } from "../state/accounts.ts";
import type { Account, Repo, World } from "../state/model.ts";
import { sync } from "../state/sync.ts";

export interface GitRequest {
  readonly repo: Repo;
  readonly service: "git-receive-pack" | "git-upload-pack";
  readonly method: string;
  /** Below the repository: `info/refs`, or the service. */
  readonly rest: string;
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** What a path of git's smart protocol asks for; null for other paths. */
export function readGitPath(
  world: World,
  url: URL,
): (Pick<GitRequest, "service" | "rest"> & { repo: Repo | null }) | null {
  const [, owner, name, rest] = GIT_PATH.exec(url.pathname) ?? [];
  if (owner === undefined || name === undefined || rest === undefined) return null;
  const service = rest === "info/refs" ? url.searchParams.get("service") : rest;
  const repo = world.repos.get(`${owner}/${name}`.toLowerCase()) ?? null;
  return { repo, rest, service: service === "git-receive-pack" ? service : "git-upload-pack" };
}

const refused = (status: number, body: string, headers = {}): RawAnswer => ({ status, headers, body });

/** Why an account (null: nobody said who) may not; null when it may. */
export function refusalOf(
  repo: Repo | null,
  service: GitRequest["service"],
  account: Account | null,
): RawAnswer | null {
  const isOpen = repo !== null && repo.options.private !== true;
  if (account === null) {
    if (isOpen && service === "git-upload-pack") return null;
    return refused(401, "Authentication required.\n", { "www-authenticate": 'Basic realm="GitHub"' });
  }
  if (repo === null || !may(repo, account, "read")) return refused(404, "Repository not found.\n");
  if (service === "git-upload-pack" || may(repo, account, "write")) return null;
  return refused(403, `Permission to ${repo.fullName}.git denied to ${account.login}.\n`);
}

export async function answerGit(world: World, request: GitRequest, account: Account | null): Promise<RawAnswer> {
  if (request.service === "git-upload-pack" || request.rest === "info/refs") return runBackend(world, request, account);
  return world.turn(async () => {
    await sync(world, request.repo);
    const answer = await runBackend(world, request, account);
    await sync(world, request.repo, account ?? undefined);
    return answer;
  });
}

async function runBackend(world: World, request: GitRequest, account: Account | null): Promise<RawAnswer> {
  const { repo, headers } = request;
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_PROJECT_ROOT: world.folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${repo.fullName}.git/${request.rest}`,
    QUERY_STRING: request.search.replace(/^\?/, ""),
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: headers["content-type"] ?? "",
    CONTENT_LENGTH: String(request.body.length),
    HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
    GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    ...(account === null ? {} : { REMOTE_USER: account.login }),
  };
  const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  // It may be done before it has read everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(request.body);
  await new Promise((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  return readCgi(Buffer.concat(chunks));
}

function readCgi(out: Buffer): RawAnswer {
  const end = out.indexOf("\r\n\r\n");
  const lines = out.subarray(0, end).toString().split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const { status = "200", ...others } = headers;
  return { status: Number.parseInt(status, 10), headers: others, body: out.subarray(end + 4) };
}
