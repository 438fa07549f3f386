import { lastLines } from "./last-lines.ts";
import type { Verdict } from "./verdict.ts";

/** A run of the user's checks, as far as it is a verdict. */
export interface JudgedRun {
  readonly command: string;
  readonly exitCode: number;
  readonly tail: string;
  /** A sentence, when we stopped it. */
  readonly stopped?: string;
  readonly setup?: { readonly command: string; readonly scriptsOff: boolean };
}

/** Of findings that checks made, not an agent. */
export const CHECKS_RULE = "checks";

const LINES = 2048;

export function judgeChecks(ran: JudgedRun): Verdict {
  const note =
    ran.setup?.scriptsOff === true ? `; \`${ran.setup.command}\` ran without install scripts: ${WHY_OFF}` : "";
  const summary = `${told(ran)}${note}`;
  if (ran.exitCode === 0) return { decision: "approve", findings: [], summary };
  const about = { path: null, line: null, severity: "blocker", rule: CHECKS_RULE, skills: [] } as const;
  return { decision: "request_changes", findings: [{ ...about, message: withOutput(summary, ran) }], summary };
}

/** A sentence, and the end of what the checks printed. */
export function withOutput(sentence: string, { tail }: Pick<JudgedRun, "tail">): string {
  const lines = lastLines(tail, LINES);
  return lines === "" ? sentence : `${sentence}:\n${lines}`;
}

const WHY_OFF = "it was run on files that are not the base's";

function told({ command, exitCode, stopped }: JudgedRun): string {
  if (stopped !== undefined) return `\`${command}\` was stopped: ${stopped}`;
  return exitCode === 0 ? `\`${command}\` passed` : `\`${command}\` ended with exit code ${exitCode}`;
}
