import type { Role } from "../domain/assignment.ts";

/** What a brief is made of: each a piece of Markdown, empty where there is nothing to say. Foreign words are quoted in them. */
export interface BriefParts {
  readonly id: string;
  readonly title: string;
  /** What this role has to do, in our words. */
  readonly duty: string;
  /** Where its answer belongs; for judges. */
  readonly answer: string;
  /** Unfinished work that lies in the worktree. */
  readonly begun: string;
  readonly task: string;
  readonly findings: string;
  readonly change: string;
}

/** The user's own words to agents, in place of ours. */
export interface Prompts {
  /** Of the template of its role and of its own file, for the version of the agent; null where there are none. */
  versionOf(agent: string, role: Role): string | null;
  /** The model that its own file names, or null. */
  modelOf(agent: string): string | null;
  /** What its own file tells an agent before every brief; may be empty. */
  wordsOf(agent: string): string;
  /** null where there is none of this role's. Rejects with `prompt_invalid`. */
  render(role: Role, parts: BriefParts): Promise<string | null>;
}
