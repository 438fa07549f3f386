import type { PullRequest } from "./forge.ts";

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
  /** Task branches on origin. */
  fetchBranches(): Promise<ReadonlySet<string>>;
  /** What earlier runs left about tasks without a pull request. */
  fetchNotes(label: string): Promise<readonly Note[]>;
  /** One for each issue; a second changes the first. */
  ensureNote(issue: number, left: Left): Promise<void>;
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

/** How a task ended that has no pull request to tell it, as a comment on its issue. */
export interface Left {
  readonly reason: string;
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly seconds: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface Note extends Left {
  readonly task: string;
  readonly title: string;
  /** Nobody gave it back yet: its label still says that it waits for a person. */
  readonly waits: boolean;
}
