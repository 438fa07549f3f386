import { readFileSync } from "node:fs";

/** `dispatch help TOPIC`: the pages of docs/help, which the build copies. */
export const TOPICS: Readonly<Record<string, string>> = {
  agents: "how any program becomes an agent",
  backlog: "how to write what should be done",
  environment: "variables that are read",
  "exit-codes": "what the number at the end means",
  github: "issues in, pull requests out, and what you can say there",
  "github-action": "the same in a workflow: two jobs, whose agents hold no right to write",
  merging: "what a merge does to the pull requests that are still open",
  workers: "how several machines share the work",
  rule: "when work is spread over more lanes, and when not",
};

export function readTopic(name: string): string {
  return readFileSync(new URL(`../docs/help/${name}.md`, import.meta.url), "utf8");
}
