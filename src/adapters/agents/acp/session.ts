import type { Role } from "../../../domain/assignment.ts";
import { type Fields, fields, listAt, numberAt, textAt } from "../fields.ts";
import type { TurnEnd } from "../native/cli.ts";
import { settlesWithin } from "../../process/wait.ts";
import { type Choice, findChoice, pickMode, pickModel } from "./choices.ts";
import { endOfError } from "./ends.ts";
import type { Answer, Peer } from "./rpc.ts";

export interface Wish {
  readonly role: Role;
  /** It may change files; else it reads. */
  readonly edits: boolean;
  readonly cwd: string;
  /** null: what it takes by default. */
  readonly model: string | null;
  /** The session to go on with, if it can. */
  readonly resume: string | null;
}

export interface Session {
  readonly id: string;
  readonly isResumed: boolean;
  /** How a person logs in. */
  readonly login: string;
  /** It can go on with it in another process. */
  readonly isKept: boolean;
  readonly model: string | null;
}

const VERSION = 1;
/** Until there is a session: some unpack themselves first. */
const HANDSHAKE_MS = 120_000;

const NOTHING = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };

/** A session to work in, or why there is none; null when the agent was gone before there was. */
export async function openSession(
  peer: Peer,
  wish: Wish,
  tell: (sentence: string) => void,
  handshakeMs = HANDSHAKE_MS,
): Promise<Session | { readonly failed: TurnEnd } | null> {
  const opening = open(peer, wish, tell);
  if (await settlesWithin(opening, handshakeMs)) return await opening;
  return crashed(`it opened no session within ${handshakeMs / 1000} s: does its command speak ACP on stdin?`);
}

async function open(peer: Peer, wish: Wish, tell: (sentence: string) => void): ReturnType<typeof openSession> {
  const clientInfo = { name: "dispatch", version: "1" };
  const hello = await peer.ask("initialize", { protocolVersion: VERSION, clientCapabilities: NOTHING, clientInfo });
  if (hello.kind === "gone") return null;
  if (hello.kind === "error") return { failed: endOfError(hello, loginText({})) };
  const version = numberAt(hello.result, "protocolVersion");
  if (version !== VERSION)
    return crashed(`it speaks version ${version ?? "?"} of ACP, and dispatch version ${VERSION}`);

  const isKept = fields(hello.result, "agentCapabilities")["loadSession"] === true;
  const login = loginText(hello.result);
  const begun = await begin(peer, wish, isKept);
  if (begun.answer.kind === "gone") return null;
  if (begun.answer.kind === "error") return { failed: endOfError(begun.answer, login) };
  const { result } = begun.answer;
  const id = begun.isResumed ? (wish.resume ?? "") : textAt(result, "sessionId");
  if (id === "") return crashed("its session has no id");
  const mode = findChoice(result, id, "mode");
  const wanted = mode === null ? null : pickMode(mode, wish.edits);
  if (mode !== null && wanted !== null) await choose(peer, mode, wanted, tell);
  const model = await chooseModel(peer, findChoice(result, id, "model"), wish.model, tell);
  return { id, isResumed: begun.isResumed, login, isKept, model };
}

/** The old session where that is possible, and else a new one. */
async function begin(
  peer: Peer,
  { cwd, resume }: Wish,
  isKept: boolean,
): Promise<{ readonly answer: Answer; readonly isResumed: boolean }> {
  const place = { cwd, mcpServers: [] };
  if (resume !== null && isKept) {
    const answer = await peer.ask("session/load", { ...place, sessionId: resume });
    if (answer.kind !== "error") return { answer, isResumed: true };
  }
  return { answer: await peer.ask("session/new", place), isResumed: false };
}

/** The name of what it takes; null where it does not say. */
async function chooseModel(
  peer: Peer,
  choice: Choice | null,
  model: string | null,
  tell: (sentence: string) => void,
): Promise<string | null> {
  if (choice === null) {
    if (model !== null) tell(`it lets nobody choose its model: what it takes is booked as ${model}`);
    return null;
  }
  const own = choice.values.find(({ id }) => id === choice.current)?.name ?? null;
  const id = model === null ? choice.current : pickModel(choice, model);
  if (id === choice.current) return model ?? own;
  if (id !== undefined && (await choose(peer, choice, id, tell))) return model;
  tell(`it does not offer the model ${model ?? ""}: it takes ${own ?? "its own"}`);
  return own;
}

async function choose(peer: Peer, choice: Choice, id: string, tell: (sentence: string) => void): Promise<boolean> {
  const { method, params } = choice.request(id);
  const answer = await peer.ask(method, params);
  if (answer.kind === "error") tell(`it would not take ${id}: ${answer.message}`);
  return answer.kind === "result";
}

function loginText(hello: Fields): string {
  const ways = listAt(hello, "authMethods").map((one) => textAt(one, "description") || textAt(one, "name"));
  const how = ways.length === 0 ? "log in with it by hand" : `its ways in: ${ways.join("; ")}`;
  return `${how}. Variables that it needs are named in the agent's "env".`;
}

const crashed = (message: string): { readonly failed: TurnEnd } => ({
  failed: { kind: "gave_up", why: "crashed", message },
});
