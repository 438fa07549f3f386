import type { PullRequest } from "./forge.ts";

/** Key of a note among our comments. */
export const LEFT = "left";

/** What the Action asks of GitHub beside the ports of the story. */
export interface Hub {
  /** Whose token it is: a person's, an App's, or that of a workflow run, whose deeds start no other. */
  readFace(): Promise<Face>;
  /** May push here, now. */
  mayWrite(login: string): Promise<boolean>;
  /** Any pull request of the repository; null where there is none. */
  fetchPull(number: number): Promise<HubPull | null>;
  /** Agents have said already what they think of this commit. */
  isJudged(commit: string): Promise<boolean>;
  /** What earlier runs left about tasks without a pull request. */
  fetchNotes(label: string): Promise<readonly Note[]>;
  /** The same on a pull request. */
  fetchLeft(number: number): Promise<Left | null>;
  /** One for each issue and each pull request; a second changes the first. `pr`: null where it is the task's issue. */
  ensureNote(task: string, pr: number | null, left: Left): Promise<void>;
  /** Lets this workflow run again: events that a workflow run's own token causes start none. */
  wake(workflow: string, ref: string): Promise<void>;
}

export interface Face {
  readonly kind: "person" | "app" | "actions";
  readonly login: string;
  /** null where GitHub does not say. */
  readonly mayWrite: boolean | null;
}

export interface HubPull extends Pick<PullRequest, "number" | "title" | "body" | "branch" | "base" | "head"> {
  readonly isOpen: boolean;
  /** Its branch is in somebody else's repository. */
  readonly isFork: boolean;
  /** The task, where the branch is one of ours. */
  readonly task: string | null;
}

/**
 * What a run came to that no text of a pull request tells, as a comment: on the issue of a task that has none, and on the
 * pull request where nothing was pushed.
 */
export interface Left {
  readonly reason: string;
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly seconds: number;
  /** ISO 8601. */
  readonly at: string;
  /** How often people sent it back. */
  readonly humanRounds: number;
  /** It rests until then (ISO 8601), or until the next run (empty); null: until a person says so. */
  readonly wakeAt: string | null;
}

export interface Note extends Left {
  readonly task: string;
  readonly title: string;
  /** Nobody gave it back yet: its label still says that it waits for a person. */
  readonly waits: boolean;
}
