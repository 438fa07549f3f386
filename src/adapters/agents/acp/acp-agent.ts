import { basename } from "node:path";
import { type AgentEnd, mayEdit, type ProcessEnd } from "../../../domain/assignment.ts";
import type { Agent, AgentOutcome } from "../../../ports/agent.ts";
import type { Clock } from "../../../ports/clock.ts";
import { settlesWithin } from "../../process/wait.ts";
import type { Metered } from "../gateway/meter.ts";
import { endOfExit } from "../native/classify.ts";
import { isJudge } from "../native/answer-schema.ts";
import type { Price } from "../native/price.ts";
import { openPurse } from "../native/purse.ts";
import { dropSession, readSession, writeSession } from "../native/sessions.ts";
import { firstWord } from "../first-word.ts";
import { type AgentIdentity, type ProgramOptions, runToItsEnd } from "../run-program.ts";
import { endOf, isStop } from "../turn-end.ts";
import { knownOf } from "./known.ts";
import { type AcpProgram, planAcp } from "./plan-acp.ts";
import { openTalk, type Talk, type Told } from "./talk.ts";

export interface AcpAgentOptions extends ProgramOptions {
  readonly identity: AgentIdentity;
  readonly program: AcpProgram;
  readonly model: string | null;
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly price: Price;
}

/** Of the slower ones that were measured: to open a session takes longer than to start a program. */
const SEEDS = { startSeconds: 3, prefixTokens: 15_000 };
/** A file that it edits may come in one line. */
const LINE_BYTES = 8 * 1024 * 1024;
/** To end its turn by itself, when it is cancelled. */
const CANCEL_MS = 1000;

/** The engine `acp`: any agent that speaks the Agent Client Protocol on stdin and stdout. */
export function acpAgent(options: AcpAgentOptions): Agent {
  const { identity, program, model, price, clock } = options;
  return {
    ...identity,
    seeds: SEEDS,
    ...(isJudge(identity.role) ? { readsOnly: true } : {}),
    async run(request, onEvent, signal) {
      const { input, cwd, keep } = request;
      const { role } = input;
      const edits = mayEdit(input);
      // A coder mends what it made; a judge looks with fresh eyes each time.
      const resume = role === "coder" ? await readSession(keep, cwd) : null;
      const isRead = knownOf(basename(program.file)).guidance;
      const guidance = isRead ? "" : (input.guidance ?? "");
      const first = firstWord(clock);
      const talk = openTalk({
        ...{ wish: { role, edits, cwd, model, resume }, request, guidance, onEvent },
        onModel: first.heard,
      });
      const purse = openPurse(price, model, request.limits.usd ?? null);
      using ending = cancelFirst(talk, AbortSignal.any([signal, purse.spent]));
      const { run, result: file } = await runToItsEnd(
        {
          network: await program.network(),
          plan: (place) => planAcp(program, edits, keep, place, (stdin) => talk.begin(stdin, place.resultFile)),
          lineBytes: LINE_BYTES,
          onLine: talk.hear,
          onMetered(metered) {
            first.metered(metered.usage.inputTokens);
            purse.onMetered(metered);
          },
        },
        request,
        (event) => {
          if (event.kind === "stopping") talk.stop();
          onEvent(event);
        },
        ending.signal,
        options,
      );
      const told = await talk.end();
      // After its own word it is no matter how its process ends: some have to be ended.
      const broken = purse.spent.aborted ? purse.end() : stopOf(run.end, signal);
      const cut = told === null ? broken : null;
      const end = cut ?? endOf(told?.end ?? endOfExit(run.end, talk.warning), clock.now());
      const isLost = resume !== null && end.kind === "gave_up" && end.why === "crashed";
      if (isLost) await dropSession(keep);
      const session = told?.session ?? null;
      if (!isLost && session !== null) await writeSession(keep, { session, cwd });
      // The words of a turn that went wrong are about that.
      const result = told !== null && end.kind === "ok" ? told.result : file;
      const spent = await spentOn(told, purse.metered, options);
      return { ...run, ...(resume === null ? first.told : {}), end, result, spent };
    },
  };
}

/** Agents leave out what they ask beside their work, so what went through our gateway comes first. */
async function spentOn(
  told: Told | null,
  metered: Metered | null,
  { model, price }: Pick<AcpAgentOptions, "model" | "price">,
): Promise<NonNullable<AgentOutcome["spent"]>> {
  const usage = metered?.usage ?? told?.usage ?? null;
  const named = told?.model ?? metered?.model ?? model;
  const costUsd = told?.costUsd ?? (usage === null ? null : await price(named, usage));
  return { usage, costUsd, ...(named === null ? {} : { model: named }) };
}

function stopOf(end: ProcessEnd, signal: AbortSignal): AgentEnd | null {
  if (isStop(end)) return end;
  // It went by itself when it heard of it.
  return signal.aborted ? { kind: "cancelled" } : null;
}

/** It is told before it is stopped, and has a moment to end what it is about. */
function cancelFirst(talk: Talk, signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const onAbort = (): void => void settlesWithin(talk.cancel(), CANCEL_MS).then(() => stop.abort());
  if (signal.aborted) stop.abort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return { signal: stop.signal, [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort) };
}
