import type { LoadedConfig } from "../../config/load.ts";
import type { Startable } from "../../config/trust.ts";
import { isoTime } from "../../dispatch/ports.ts";
import { cut } from "../../domain/display.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Checks } from "../../ports/checks.ts";
import type { CliContext } from "../context.ts";
import { forgetApprovals, readApprovals, writeApprovals } from "./approvals.ts";
import { askTrust } from "./ask-trust.ts";
import { systemClock } from "./system-clock.ts";
import { readTrust, type TrustState } from "./trust-state.ts";

export interface Trust {
  read(): Promise<TrustState>;
  approve(): Promise<void>;
  /** Every content of this repository that was ever approved. */
  forget(): Promise<void>;
  /** Asks at a terminal, takes `--yes`, rejects with `not_trusted` else; once per command. */
  ensure(): Promise<void>;
}

export interface TrustOptions {
  readonly context: CliContext;
  readonly loaded: LoadedConfig;
  readonly stateDir: string;
  /** Rejects inside an agent's run: an approval is a human's word. */
  readonly refuseAgents: () => void;
}

export function openTrust({ context, loaded, stateDir, refuseAgents }: TrustOptions): Trust {
  const read = (): Promise<TrustState> => readTrust(stateDir, loaded, context);
  const approve = async (): Promise<void> => {
    const { wanted, approval } = await read();
    if (wanted === null || approval !== null) return;
    const { hash, lines } = wanted;
    const at = isoTime(systemClock.now());
    await writeApprovals(stateDir, [...(await readApprovals(stateDir)), { hash, at, lines }]);
  };
  const ensure = async (): Promise<void> => {
    const state = await read();
    const { name, wanted } = state;
    if (wanted === null || state.approval !== null) return;
    if (!context.yes && !context.interactive) throw notTrusted(state, wanted);
    refuseAgents();
    if (context.yes) context.say(`--yes approves what ${name} starts: ${shortly(state, wanted).join("; ")}`);
    else await askTrust(context, state, wanted);
    await approve();
  };
  let ensured: Promise<void> | null = null;
  return { read, approve, forget: () => forgetApprovals(stateDir), ensure: () => (ensured ??= ensure()) };
}

/** No checks and no `setup` either, before somebody approved them. */
export function guardChecks(checks: Checks, { ensure }: Trust): Checks {
  return {
    ...checks,
    async prepare(request, signal) {
      await ensure();
      return await checks.prepare(request, signal);
    },
    async run(request, signal) {
      await ensure();
      return await checks.run(request, signal);
    },
  };
}

const MOST = 12;

/** What is new, or all of it when everything is. */
function shortly({ changes }: TrustState, { lines }: Startable): readonly string[] {
  const told = changes?.lines ?? lines;
  const more = told.length - MOST;
  return [...told.slice(0, MOST).map((line) => cut(line, 200)), ...(more > 0 ? [`and ${more} more`] : [])];
}

function notTrusted(state: TrustState, wanted: Startable): DispatchError {
  const { name, changes } = state;
  const what =
    changes === null
      ? `nobody approved on this machine what ${name} starts`
      : `what ${name} starts changed since it was approved on ${changes.since}`;
  return new DispatchError({
    code: "not_trusted",
    message: [`${what}:`, ...shortly(state, wanted).map((line) => `  ${line}`)].join("\n"),
    hint: "dispatch trust --show shows all of it; dispatch trust approves it, and so does the same command with --yes",
    exit: EXIT.usage,
    facts: { lines: wanted.lines },
  });
}
