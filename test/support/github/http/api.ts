import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { answerGraphql } from "../graphql/answer.ts";
import { answerApp } from "../rest/apps.ts";
import { readBody } from "../rest/body.ts";
import type { Answer } from "../rest/route.ts";
import { answerRest } from "../rest/router.ts";
import { requireAccount, requireApp } from "../state/accounts.ts";
import type { World } from "../state/model.ts";
import { Refusal } from "../state/refusal.ts";
import type { JournalLine } from "../views.ts";
import type { RawAnswer } from "./git-service.ts";
import { limitOf, rateHeaders, rateOf } from "./limits.ts";

export interface ApiRequest {
  readonly line: JournalLine;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly token: string | null;
}

/** REST and GraphQL: who asks, whether they may ask so much, and the answer with what HTTP says of it. */
export async function answerApi(world: World, request: ApiRequest): Promise<RawAnswer> {
  const { line } = request;
  const answer = await answerOrRefuse(world, request);
  line.effective = answer.status < 400;
  const rate = line.login === null ? {} : rateHeaders(rateOf(world, line.login));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "x-github-media-type": "github.v3; format=json",
    "x-github-request-id": `STAND:${world.journal.indexOf(line)}`,
    ...rate,
    ...answer.headers,
  };
  if (answer.body === undefined) return { status: answer.status, headers, body: "" };
  const body = JSON.stringify(answer.body);
  if (line.method !== "GET" || answer.status !== 200) return { status: answer.status, headers, body };
  const etag = `W/"${createHash("sha256")
    .update(body)
    .update(JSON.stringify(answer.headers ?? {}))
    .digest("hex")}"`;
  const isSame = (request.headers["if-none-match"] ?? "").replace(/^W\//, "") === etag.slice(2);
  return { status: isSame ? 304 : 200, headers: { ...headers, etag }, body: isSame ? "" : body };
}

async function answerOrRefuse(world: World, request: ApiRequest): Promise<Answer> {
  try {
    return await world.turn(async () => answerFor(world, request));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message, errors } = error;
    const body = {
      message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: DOCS,
      status: String(status),
    };
    return { status, body };
  }
}

const DOCS = "https://docs.github.com/rest";

async function answerFor(world: World, { line, query, token, text }: ApiRequest): Promise<Answer> {
  if (token === null) throw new Refusal(401, "Requires authentication");
  const body = readBody(text);
  if (token.split(".").length === 3) {
    requireApp(world, token);
    return answerApp(world, line.method, line.path, body);
  }
  const account = requireAccount(world, token);
  const limited = limitOf(world, account.login, line);
  if (limited !== null) {
    const { message, retryAfter } = limited;
    const headers = retryAfter === null ? {} : { "retry-after": String(retryAfter) };
    return { status: 403, body: { message, documentation_url: DOCS }, headers };
  }
  if (line.path === "/graphql") return answerGraphql(world, account, body);
  return answerRest(world, account, { method: line.method, path: line.path, query, body });
}
