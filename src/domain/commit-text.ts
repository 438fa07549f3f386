import { cut, displayLine } from "./display.ts";
import { neutralise } from "./neutralise.ts";

export interface Trailers {
  readonly task: string;
  readonly run: string;
  readonly agent: string;
  readonly version: string;
  readonly round: number;
}

export interface CommitText extends Trailers {
  readonly title: string;
  /** The agent's own words, if any. */
  readonly body?: string;
  /** `LOGIN <ID+LOGIN@users.noreply.github.com>` */
  readonly coAuthors?: readonly string[];
}

/** The same input gives the same text, since the text is part of the commit id (docs/contract.md §9.19). */
export function formatCommit({ title, body = "", coAuthors = [], ...trailers }: CommitText): string {
  const subject = cut(neutralise(displayLine(title), 200), 72);
  const words = neutralise(body, 4000)
    .trim()
    .replace(/^(?=Dispatch-)/gim, "> ");
  const { task, run, agent, version, round } = trailers;
  const block = [
    `Dispatch-Task: ${task}`,
    `Dispatch-Run: ${run}`,
    `Dispatch-Agent: ${agent}/${version}`,
    `Dispatch-Round: ${round}`,
    ...coAuthors.map((author) => `Co-authored-by: ${author}`),
  ]
    .map((line) => displayLine(line))
    .join("\n");
  return `${[subject === "" ? task : subject, words, block].filter((part) => part !== "").join("\n\n")}\n`;
}

/** The trailers of a commit of ours: its last paragraph, each name once; null when one is missing. */
export function parseTrailers(message: string): Trailers | null {
  const paragraph = message.trimEnd().replace(/^[\s\S]*\n\s*\n/, "");
  const read = (name: string): string | null => new RegExp(`^${name}: (.+?)\\r?$`, "m").exec(paragraph)?.[1] ?? null;
  const task = read("Dispatch-Task");
  const run = read("Dispatch-Run");
  const [, agent, version] = /^([^/]+)\/(.+)$/.exec(read("Dispatch-Agent") ?? "") ?? [];
  const round = /^\d+$/.exec(read("Dispatch-Round") ?? "")?.[0];
  if (task === null || run === null || agent === undefined || version === undefined || round === undefined) return null;
  return { task, run, agent, version, round: Number(round) };
}
