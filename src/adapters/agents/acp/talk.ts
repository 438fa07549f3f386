import type { Usage } from "../../../domain/assignment.ts";
import type { AgentEvent, AgentOutcome, AgentRequest } from "../../../ports/agent.ts";
import type { OnLine } from "../../process/output.ts";
import type { Stdin } from "../../process/stdin.ts";
import { askAgain, takeAnswer } from "../native/answers.ts";
import type { CliEvent, TurnEnd } from "../native/cli.ts";
import { type Fields, fields, textAt } from "../fields.ts";
import { textOf } from "../native/listen.ts";
import { readResult } from "../read-result.ts";
import { endOfError, endOfTurn } from "./ends.ts";
import { mayUse, permissionAnswer } from "./permissions.ts";
import { openPeer, type Peer } from "./rpc.ts";
import { openSession, type Session, type Wish } from "./session.ts";
import { readUpdates, type Updates } from "./updates.ts";
import { afterBoth, usageOf } from "./usage.ts";

export interface TalkOptions {
  readonly wish: Wish;
  readonly request: Pick<AgentRequest, "input" | "brief">;
  /** The repository's words to agents, for those that do not read them themselves; may be empty. */
  readonly guidance: string;
  readonly onEvent: (event: AgentEvent) => void;
  /** Whenever its model said something. */
  readonly onModel?: () => void;
  /** Until it must have opened a session; default 2 min. */
  readonly handshakeMs?: number;
}

/** What came of it. */
export interface Told {
  readonly end: TurnEnd;
  readonly result: AgentOutcome["result"];
  /** null where it cannot go on with it later. */
  readonly session: string | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
}

/** One conversation with an agent, over the pipes of its process. */
export interface Talk {
  begin(stdin: Stdin, resultFile: string): void;
  readonly hear: OnLine;
  /** The last that it said which was no message. */
  readonly warning: string;
  /** What it answers from now on is an answer to our stopping it. */
  stop(): void;
  /** Asks it to stop by itself; resolves when it has. */
  cancel(): Promise<void>;
  /** When its process has ended; null where that was before its turn had. */
  end(): Promise<Told | null>;
}

export function openTalk(options: TalkOptions): Talk {
  const { onEvent, onModel, wish } = options;
  const updates = readUpdates();
  const tell = (line: string): void => onEvent({ kind: "output", line });
  const state: State = { updates, tell, isStopped: false, session: null };
  let peer: Peer | null = null;
  let warning = "";
  let told: Promise<Told | null> = Promise.resolve(null);
  return {
    begin(stdin, resultFile) {
      const onRequest = (method: string, params: Fields): Fields | null => answerTo(method, params, wish, state);
      peer = openPeer(stdin, { onRequest, onNotice: (method, params) => onUpdate(method, params, state, onModel) });
      told = converse(peer, state, options, resultFile).finally(() => stdin.end());
      // Whoever waits for the end hears of it.
      told.catch(() => undefined);
    },
    hear(line, pipe) {
      if (pipe === "stdout" && peer?.hear(line) === true) return;
      // Warnings of its own, for people; but not a message that was cut since it is too long.
      if (line.trim() === "" || line.startsWith("{")) return;
      warning = line;
      tell(line);
    },
    get warning() {
      return warning;
    },
    stop() {
      state.isStopped = true;
    },
    async cancel() {
      state.isStopped = true;
      if (state.session !== null) peer?.tell("session/cancel", { sessionId: state.session.id });
      await told;
    },
    async end() {
      peer?.close();
      return await told;
    },
  };
}

interface State {
  readonly updates: Updates;
  readonly tell: (line: string) => void;
  isStopped: boolean;
  /** From the first prompt on: what is told before is of an earlier time. */
  session: Session | null;
}

async function converse(peer: Peer, state: State, options: TalkOptions, resultFile: string): Promise<Told | null> {
  const { wish, request, guidance, handshakeMs } = options;
  const { updates } = state;
  const session = await openSession(peer, wish, state.tell, handshakeMs);
  if (session === null || state.isStopped) return null;
  if ("failed" in session) return { end: session.failed, ...NOTHING };
  const before = session.isResumed ? updates.costUsd : 0;
  state.session = session;
  const words = session.isResumed || guidance === "" ? [] : [`What this repository says to agents:\n\n${guidance}`];
  const first = await turn(peer, session, [...words, request.brief], state);
  if (first === null) return null;
  const about = { session: session.isKept ? session.id : null, model: session.model };
  const costUsd = (): number | null =>
    before === null || updates.costUsd === null ? null : Math.max(0, updates.costUsd - before);
  const result = takeAnswer(wish.role, updates, await readResult(resultFile, wish.role));
  const again = askAgain(ASKED_TWICE, request, { end: { kind: "ok" }, result }, { session: session.id });
  if (first.end.kind !== "ok" || again === null) return { ...first, result, ...about, costUsd: costUsd() };

  const second = await turn(peer, session, [again], state);
  if (second === null) return null;
  // It was asked to say it, so its words come before a file that was there already.
  const said = takeAnswer(wish.role, updates, { kind: "none" });
  const better = said.kind === "none" ? await readResult(resultFile, wish.role) : said;
  const usage = afterBoth(first.usage, second.usage);
  return { end: second.end, usage, result: better, ...about, costUsd: costUsd() };
}

const NOTHING = { result: { kind: "none" }, session: null, model: null, usage: null, costUsd: null } as const;
/** The process is there still. */
const ASKED_TWICE = { features: { resume: true } };

/** null where it did not come to an end by itself. */
async function turn(
  peer: Peer,
  { id, login }: Session,
  texts: readonly string[],
  state: State,
): Promise<Pick<Told, "end" | "usage"> | null> {
  const { updates } = state;
  updates.beginTurn();
  const prompt = texts.map((text) => ({ type: "text", text }));
  const answer = await peer.ask("session/prompt", { sessionId: id, prompt });
  tellAll(updates.endTurn(), state);
  if (answer.kind === "gone" || state.isStopped) return null;
  if (answer.kind === "error") return { end: endOfError(answer, login), usage: null };
  const usage = usageOf(fields(answer.result, "usage")) ?? updates.usage;
  return { end: endOfTurn(answer.result, updates.words), usage };
}

function answerTo(
  method: string,
  params: Fields,
  { role, edits }: Wish,
  { updates, isStopped, tell }: State,
): Fields | null {
  if (method !== "session/request_permission") return null;
  const { kind, title } = updates.toolOf(fields(params, "toolCall"));
  const isAllowed = !isStopped && mayUse(edits, kind);
  if (!isAllowed) tell(`not allowed to a ${role}: ${title || kind}`);
  return permissionAnswer(params, isAllowed);
}

const OF_MODEL: ReadonlySet<string> = new Set(["agent_message_chunk", "agent_thought_chunk", "tool_call"]);

function onUpdate(method: string, params: Fields, state: State, onModel?: () => void): void {
  if (method !== "session/update") return;
  const update = fields(params, "update");
  const events = state.updates.read(update);
  if (state.session === null) return;
  if (OF_MODEL.has(textAt(update, "sessionUpdate"))) onModel?.();
  tellAll(events, state);
}

function tellAll(events: readonly CliEvent[], { tell }: State): void {
  for (const event of events) {
    const text = textOf(event);
    if (text !== null) tell(text);
  }
}
