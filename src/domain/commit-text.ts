import { cut, displayLine } from "./display.ts";
import { neutralise } from "./neutralise.ts";

/** First words of what an agent had when its turn ended before its work did, or its place was given back. */
export const UNFINISHED = "wip: ";
/** First words of what is saved while an agent works; the last state of its turn has others. */
export const AUTOSAVED = "autosave: ";

/** A head that another took the place of, or that may not leave, bears the title of its task. */
export const isWorkInProgress = (subject: string): boolean =>
  [UNFINISHED, AUTOSAVED].some((words) => subject.startsWith(words));

export interface CommitText {
  readonly task: string;
  readonly run: string;
  readonly agent: string;
  readonly version: string;
  readonly round: number;
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
