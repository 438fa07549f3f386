import { randomUUID } from "node:crypto";
import { mayEdit } from "../../../domain/assignment.ts";
import { addUsage } from "../../../domain/usage.ts";
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from "../../../ports/agent.ts";
import type { Clock } from "../../../ports/clock.ts";
import { firstWord } from "../first-word.ts";
import { type AgentIdentity, type ProgramOptions, runToItsEnd } from "../run-program.ts";
import { endOf, isStop } from "../turn-end.ts";
import { answerSchema, isJudge } from "./answer-schema.ts";
import { askAgain, takeAnswer } from "./answers.ts";
import type { Cli, Told } from "./cli.ts";
import { listen } from "./listen.ts";
import { type Access, planTurn } from "./plan-turn.ts";
import type { Price } from "./price.ts";
import { openPurse } from "./purse.ts";
import type { Session } from "./schema.ts";
import { costSince, dropSession, readSession, readTotal, type Total, usageSince, writeSession } from "./sessions.ts";

export interface NativeAgentOptions extends ProgramOptions {
  readonly identity: AgentIdentity;
  readonly cli: Cli;
  /** Found already, and the words that come before ours. */
  readonly program: { readonly file: string; readonly words: readonly string[] };
  readonly model: string | null;
  readonly access: Access;
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly price: Price;
}

/** Tool results and diffs come in one line. */
const LINE_BYTES = 1024 * 1024;
/** An agent CLI that we know by name: typed, metered and stoppable, whatever it is called. */
export function nativeAgent(options: NativeAgentOptions): Agent {
  return {
    ...options.identity,
    seeds: options.cli.seeds,
    ...(isJudge(options.identity.role) ? { readsOnly: true } : {}),
    async run(request, onEvent, signal) {
      const { cli } = options;
      // A coder mends what it made; a judge looks with fresh eyes each time.
      const isMending = cli.features.resume && request.input.role === "coder";
      const resume = isMending ? await readSession(request.keep, request.cwd) : null;
      const first = await turn(options, { ...request, resume }, onEvent, signal);
      const again = askAgain(cli, request, first.outcome, first.told);
      if (again === null || signal.aborted) return first.outcome;
      const same = { brief: again, resume: first.told.session, limits: limitsAfter(request.limits, first.outcome) };
      const second = await turn(options, { ...request, ...same }, onEvent, signal);
      return together(first.outcome, second.outcome);
    },
  };
}

/** Both turns are paid from one purse. */
export function limitsAfter(limits: AgentRequest["limits"], { spent }: AgentOutcome): AgentRequest["limits"] {
  const { usd = null } = limits;
  return { ...limits, usd: usd === null ? null : Math.max(0, usd - (spent?.costUsd ?? 0)) };
}

interface Turned {
  readonly outcome: AgentOutcome;
  readonly told: Told;
}

async function turn(
  options: NativeAgentOptions,
  request: AgentRequest & { readonly resume: string | null },
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<Turned> {
  const { cli, model, access, clock, price } = options;
  const { input, cwd, brief, resume } = request;
  const guidance = cli.features.guidance ? "" : (input.guidance ?? "");
  const wish = {
    ...{ edits: mayEdit(input), brief, guidance, cwd, model },
    schema: cli.features.schema ? answerSchema(input.role) : null,
    session: { resume, fresh: randomUUID() },
  };
  const first = firstWord(clock);
  const reader = cli.reader();
  const hopeless = new AbortController();
  const onLine = listen(reader, onEvent, () => hopeless.abort(), first);
  const purse = openPurse(price, model, request.limits.usd ?? null);
  const { run, result: file } = await runToItsEnd(
    {
      network: await access.network(),
      plan: async (place) => await planTurn(cli, access, { program: options.program, wish, keep: request.keep, place }),
      lineBytes: LINE_BYTES,
      onMetered(metered) {
        first.metered(metered.usage.inputTokens);
        purse.onMetered(metered);
      },
    },
    request,
    (event) => (event.kind === "output" ? onLine(event.line) : onEvent(event)),
    AbortSignal.any([signal, hopeless.signal, purse.spent]),
    options,
  );
  const told = reader.end(run.end, run.tail);
  const { usage: said, costUsd: reckoned, sum } = await sinceThen(cli, told, request.keep);
  // One that cannot be gone on with is not tried again.
  const isLost = told.end.kind === "gave_up" && told.end.why === "crashed" && resume !== null;
  if (isLost) await dropSession(request.keep);
  else if (told.session !== null) await writeSession(request.keep, { session: told.session, cwd, ...sum });
  const isOurs = isStop(run.end) && !hopeless.signal.aborted;
  const end = purse.spent.aborted ? purse.end() : isOurs ? run.end : endOf(told.end, clock.now());
  // What went through our gateway is of this turn alone, and known also of one that was cut short.
  const metered = purse.metered?.usage ?? null;
  const usage = cli.features.sums === "tokens" ? (metered ?? said) : (said ?? metered);
  const named = told.model ?? purse.metered?.model ?? model;
  const costUsd = reckoned ?? (usage === null ? null : await price(named, usage));
  const spent = { usage, costUsd, ...(named === null ? {} : { model: named }) };
  // The words of a turn that went wrong are about that.
  const result = end.kind === "ok" ? takeAnswer(input.role, told, file) : file;
  // What it had in mind from before is no part of a start.
  return { told, outcome: { ...run, ...(resume === null ? first.told : {}), end, result, spent } };
}

/** A turn that went wrong tells nothing: the next one of its session is charged for both. */
async function sinceThen({ features }: Cli, { usage, costUsd, session }: Told, keep: string): Promise<Summed> {
  if (features.sums === undefined) return { usage, costUsd, sum: {} };
  const before = await readTotal(keep, session);
  if (usage === null) return { usage, costUsd, sum: before === null ? {} : { total: before } };
  const total: Total = { cacheReadTokens: 0, cacheWriteTokens: 0, ...usage, costUsd: costUsd ?? 0 };
  return features.sums === "tokens"
    ? { usage: usageSince(total, before), costUsd, sum: { total } }
    : { usage, costUsd: costUsd === null ? null : costSince(total, before), sum: { total } };
}

interface Summed extends Pick<Told, "usage" | "costUsd"> {
  readonly sum: Pick<Session, "total">;
}

/** Both turns were paid for; one of unknown price makes the sum unknown. */
function together(first: AgentOutcome, second: AgentOutcome): AgentOutcome {
  const [a, b] = [first.spent?.costUsd ?? null, second.spent?.costUsd ?? null];
  const usage = addUsage(first.spent?.usage ?? null, second.spent?.usage ?? null);
  const spent = { ...second.spent, usage, costUsd: a === null || b === null ? null : a + b };
  const start = first.first === undefined ? {} : { first: first.first };
  return { ...second, ...start, seconds: first.seconds + second.seconds, spent };
}
