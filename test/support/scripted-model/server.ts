import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { anthropic } from "./anthropic.ts";
import { chat } from "./chat.ts";
import { decide } from "./decide.ts";
import { hasDirective, roleIn, type Rule, stepsOf } from "./directive.ts";
import { gemini } from "./gemini.ts";
import { type Message, type Protocol, USAGE } from "./protocol.ts";
import { responses } from "./responses.ts";

/** One request for an answer. */
export interface Exchange {
  readonly protocol: string;
  /** With its key: `ok.one`. */
  readonly scenario: string;
  readonly model: string;
  /** Names of the tools that it could have called. */
  readonly tools: readonly string[];
  /** How many prompts with a directive are in it: more than one in a session that was gone on with. */
  readonly briefs: number;
  /** Whose brief came last. */
  readonly role: ReturnType<typeof roleIn>;
  readonly turn: number;
  /** `call <tool>`, `text`, `cut`, `hang`, or a status. */
  readonly did: string;
}

export interface ScriptedModel extends AsyncDisposable {
  /** For the base URL of a CLI: `ok`, `err-429`, `err-500x2`, … and after a dot whatever tells it from others. */
  url(scenario: string): string;
  readonly log: readonly Exchange[];
  /** From now on by these rules, whatever the prompts say. */
  play(rules: readonly Rule[]): void;
}

const PROTOCOLS: readonly Protocol[] = [anthropic, responses, chat, gemini];
const TOO_LONG = "prompt is too long: your input exceeds the context window of this model (250000 tokens > 200000)";
const CODES: Readonly<Record<number, string>> = { 401: "invalid_api_key", 429: "rate_limit_exceeded" };

/**
 * A model that plays what the prompt says (`directive`), on 127.0.0.1, in every protocol that agent CLIs speak. What the
 * first word behind `/s/` says goes wrong: err-<status>[x<times>], ctx, hang (no answer), stall and cut (in the midst of
 * one), refuse, maxtok; with `ok` nothing does.
 */
export async function scriptedModel(): Promise<ScriptedModel> {
  const log: Exchange[] = [];
  const state: State = { log, failures: new Map<string, number>(), rules: null };
  const server = createServer((request, response) => {
    void readText(request).then((text) => answer(state, request.url ?? "", text, response));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: (scenario) => `http://127.0.0.1:${port}/s/${scenario}`,
    log,
    play: (rules) => void (state.rules = rules),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

interface State {
  readonly log: Exchange[];
  /** Of each scenario so far. */
  readonly failures: Map<string, number>;
  rules: readonly Rule[] | null;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk as string;
  return text;
}

function answer({ log, failures, rules }: State, target: string, text: string, response: ServerResponse): void {
  const { pathname } = new URL(target, "http://model");
  const [, name = "", path = ""] = /^\/s\/([^/]+)(\/.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const protocol = PROTOCOLS.find((one) => one.path.test(path));
  if (protocol === undefined) return beside(path, response);
  const asked = protocol.read(JSON.parse(text), path);
  const [scenario = ""] = name.split(".");
  const did = (what: string): void => {
    const briefs = asked.prompts.filter(hasDirective).length;
    const tools = asked.tools.map((tool) => tool.name);
    log.push({
      protocol: protocol.name,
      scenario: name,
      model: asked.model,
      tools,
      briefs,
      role: roleIn(asked.prompts.at(-1) ?? ""),
      turn: asked.turn,
      did: what,
    });
  };
  const [, status, times] = /^err-(\d+)(?:x(\d+))?$/.exec(scenario) ?? [];
  const failed = failures.get(name) ?? 0;
  if (status !== undefined && (times === undefined || failed < Number(times))) {
    failures.set(name, failed + 1);
    did(status);
    const body = protocol.failure(Number(status), CODES[Number(status)] ?? "", `scripted failure ${status}`);
    return send(response, Number(status), body, status === "429" ? { "retry-after": "1" } : {});
  }
  if (scenario === "ctx") {
    did("400");
    return send(response, 400, protocol.failure(400, "context_length_exceeded", TOO_LONG));
  }
  if (scenario === "hang") return did("hang");
  const reply = decide(scenario, asked, text, stepsOf(asked.prompts.at(-1) ?? "", rules));
  const id = `${log.length + 1}`;
  const isBroken = scenario === "cut" || scenario === "stall";
  if (isBroken) did(scenario);
  else did(reply.call === null ? "text" : `call ${reply.call.name}`);
  if (!asked.isStream && !isBroken) return send(response, 200, protocol.whole(reply, asked, id));
  stream(response, protocol.stream(reply, asked, id), scenario);
}

function stream(response: ServerResponse, [first, ...rest]: readonly Message[], scenario: string): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const write = ({ event, data }: Message, then?: () => void): void => {
    const head = event === null ? "" : `event: ${event}\n`;
    response.write(`${head}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`, then);
  };
  // It has to be out before the line is cut.
  if (first !== undefined) write(first, () => scenario === "cut" && response.destroy());
  if (scenario === "cut" || scenario === "stall") return;
  for (const one of rest) write(one);
  response.end();
}

/** What is asked beside answers: which models there are, and how long a text is. */
function beside(path: string, response: ServerResponse): void {
  if (path.endsWith("/messages/count_tokens")) return send(response, 200, { input_tokens: USAGE.input });
  if (path.endsWith(":countTokens")) return send(response, 200, { totalTokens: USAGE.input });
  const data = [{ id: "scripted", object: "model", type: "model", display_name: "Scripted" }];
  if (path.endsWith("/models")) return send(response, 200, { object: "list", data, models: [], has_more: false });
  send(response, 404, { error: { message: `no such path: ${path}` } });
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
