import type { Command, Event, Inputs } from "./schema.ts";

/** What an event asks for, and who has to be allowed to: null where GitHub itself let nobody else in. */
export interface Wanted {
  readonly command: Command;
  readonly pr: number | null;
  readonly task: string | null;
  readonly asker: string | null;
}

export type Decision = { readonly kind: "nothing"; readonly why: string } | ({ readonly kind: "work" } & Wanted);

const nothing = (why: string): Decision => ({ kind: "nothing", why });

/** Started by people with write access, or by what they set up: `workflow_dispatch` needs it by GitHub's own rule. */
const OURS = ["workflow_dispatch", "repository_dispatch", "schedule", "push", "workflow_call", "merge_group"];

/** What can be said of an event without asking anybody. Bots, forks and everything unknown start nothing. */
export function decide(name: string, event: Event, inputs: Inputs): Decision {
  const pr = inputs["pull-request"] ?? event.pull_request?.number ?? null;
  const command = inputs.command ?? (name === "pull_request" ? "review" : "run");
  const wanted = { kind: "work", command, pr, task: null } as const;
  // It runs no agent, and holds to what the agent half decided.
  if (command === "apply" || OURS.includes(name)) return { ...wanted, asker: null };
  const ask = (account: Event["sender"], more: Partial<Wanted> = {}): Decision => {
    if (account?.type !== "User") return nothing(`${account?.login ?? "nobody"} is no person`);
    return { ...wanted, ...more, asker: account.login };
  };
  switch (name) {
    case "pull_request":
    case "pull_request_review": {
      const whose = event.pull_request?.head.repo?.full_name;
      if (whose === undefined || whose !== event.repository?.full_name)
        return nothing(`pull request #${pr ?? ""} comes from ${whose ?? "a repository that is gone"}, a fork`);
      if (name === "pull_request_review") return ask(event.review?.user);
      // What a merge or a close leaves is put away, and what waited for it begins.
      return ask(event.sender, event.action === "closed" ? { command: "run", pr: null } : {});
    }
    case "issue_comment":
      if (event.issue?.pull_request == null) return nothing("orders are given beside pull requests");
      if (!/^\s*\/dispatch\b/.test(event.comment?.body ?? "")) return nothing("the comment is no order");
      return ask(event.comment?.user, { pr: event.issue.number });
    case "issues":
      if (event.action !== "labeled" || event.issue == null) return nothing("only a label starts work on an issue");
      return ask(event.sender, { task: String(event.issue.number) });
    default:
      return nothing(`${name} is no event that starts work`);
  }
}
