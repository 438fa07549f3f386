import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { graphqlOf } from "../shape/basics.ts";
import { requireAccount } from "../state/accounts.ts";
import type { Account, World } from "../state/model.ts";
import { Refusal } from "../state/refusal.ts";
import type { JournalLine } from "../views.ts";
import { answerApi } from "./api.ts";
import type { Faults, Rule } from "./faults.ts";
import { answerGit, readGitPath, refusalOf, type RawAnswer } from "./git-service.ts";
import { isContentRequest, pointsOf } from "./limits.ts";

interface Received {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly bytes: Buffer;
  readonly token: string | null;
  readonly line: JournalLine;
}

export async function listen(world: World, faults: Faults): Promise<Server> {
  const server = createServer((request, response) => {
    // What goes wrong in here is a fault of ours: it must be seen, as a 500 that names it.
    serve(world, faults, request, response).catch((error: unknown) => {
      const message = `the stand-in broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      world.violations.push({
        rule: "the stand-in does not break",
        what: `${request.method} ${request.url}: ${message}`,
      });
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  Object.assign(world, { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` });
  return server;
}

async function serve(world: World, faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const received = await receive(world, request);
  const { line } = received;
  const rule = faults.take(line);
  if (rule?.delayMs !== undefined) await setTimeout(rule.delayMs);
  const isLost = rule !== null && (rule.status !== undefined || rule.drop === true);
  const answer = isLost && rule.afterEffect !== true ? null : await answerTo(world, received);
  const shown = isLost ? faulty(rule) : answer;
  line.answeredAt = world.now();
  if (shown === null) return void request.socket.destroy();
  line.status = shown.status;
  line.retryAfter = waitOf(world, shown);
  response.writeHead(shown.status, shown.headers).end(shown.body);
}

/** Seconds, as `retry-after` or the end of the hour says it; a minute when a secondary limit says nothing. */
function waitOf(world: World, { status, headers, body }: RawAnswer): number | null {
  const { "retry-after": after, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset } = headers;
  if (after !== undefined) return Number(after);
  if (status >= 400 && /secondary rate/i.test(body.toString())) return 60;
  return remaining === "0" ? Math.max(0, Number(reset) - world.now() / 1000) : null;
}

function faulty(rule: Rule): RawAnswer | null {
  if (rule.drop === true) return null;
  const status = rule.status ?? 500;
  const { body = { message: messageOf(status) }, headers = {} } = "service" in rule ? {} : rule;
  const isText = typeof body === "string";
  const type = isText ? "text/html" : "application/json; charset=utf-8";
  return { status, headers: { "content-type": type, ...headers }, body: isText ? body : JSON.stringify(body) };
}

function messageOf(status: number): string {
  if (status === 403 || status === 429) return "You have exceeded a secondary rate limit. Please wait a few minutes.";
  return status >= 500 ? "Server Error" : "Injected";
}

async function receive(world: World, request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const url = new URL(request.url ?? "/", world.url);
  const token = tokenOf(request.headers.authorization);
  const method = request.method ?? "GET";
  const path = url.pathname.replace(/^\/api(?:\/v3(?=\/)|(?=\/graphql$))/, "");
  const body = readJson(bytes, path);
  const line: JournalLine = {
    at: world.now(),
    answeredAt: null,
    method,
    path,
    query: Object.fromEntries(url.searchParams),
    status: null,
    body,
    login: world.tokens.get(token ?? "")?.login ?? null,
    points: pointsOf(method, path, body),
    isContent: isContentRequest(method, path, body),
    effective: false,
    retryAfter: null,
  };
  world.journal.push(line);
  return { request, url, bytes, token, line };
}

/** Of git's own nothing is kept. */
function readJson(bytes: Buffer, path: string): unknown {
  if (bytes.length === 0 || path.includes(".git/")) return null;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

/** What all of the API is below. */
const apiRoot = (world: World): string => graphqlOf(world).replace(/graphql$/, "");

/** `token T`, `Bearer T`, or Basic with it as password. */
function tokenOf(header = ""): string | null {
  const [, scheme = "", value = ""] = /^(\S+) +(.+)$/.exec(header) ?? [];
  if (/^basic$/i.test(scheme))
    return Buffer.from(value, "base64")
      .toString()
      .replace(/^[^:]*:/, "");
  return value === "" ? null : value;
}

async function answerTo(world: World, received: Received): Promise<RawAnswer> {
  const { request, url, bytes, token, line } = received;
  const { headers } = request;
  const asked = readGitPath(world, url);
  if (asked === null && `${world.url}${url.pathname}`.startsWith(apiRoot(world))) {
    return answerApi(world, { line, query: url.searchParams, headers, text: bytes.toString(), token });
  }
  if (asked === null) return { status: 404, headers: {}, body: "Not Found" };
  const { repo, service, rest } = asked;
  const account = accountOrRefusal(world, token);
  if (account !== null && "status" in account) return account;
  const refusal = refusalOf(repo, service, account);
  if (refusal !== null || repo === null) return refusal ?? { status: 404, headers: {}, body: "Not Found" };
  const more = { method: line.method, search: url.search, headers, body: bytes };
  const answer = await answerGit(world, { repo, service, rest, ...more }, account);
  line.effective = service === "git-receive-pack" && rest === service && answer.status < 400;
  return answer;
}

function accountOrRefusal(world: World, token: string | null): Account | RawAnswer | null {
  if (token === null) return null;
  try {
    return requireAccount(world, token);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="GitHub"' },
      body: "Invalid username or password.\n",
    };
  }
}
