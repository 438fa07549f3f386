import type { Fact } from "./fact.ts";
import type { Compliance } from "./policy.ts";

export interface ComplianceQuestion {
  readonly policy: string;
  /** ISO 8601: when the run began. */
  readonly since: string;
  /** What this machine could not hold, a sentence each. */
  readonly weaknesses: readonly string[];
  /** Everything that left, was looked through, or was let through; also from before. */
  readonly facts: readonly Fact[];
}

/** A commit may leave when it was looked through and found clean, when a human let it, or as another of these rebased. */
export function complianceOf({ policy, since, weaknesses, facts }: ComplianceQuestion): Compliance {
  const clean = new Set<string>();
  const allowed: string[] = [];
  const unseen: string[] = [];
  for (const fact of facts) {
    const isNow = fact.at >= since;
    if (fact.name === "change.inspected" && fact.data.reason === null) clean.add(fact.data.commit);
    if (fact.name === "change.allowed") {
      clean.add(fact.data.commit);
      if (isNow) allowed.push(`${fact.data.by} let ${fact.task ?? "a task"} through in spite of ${fact.data.code}`);
    }
    if (fact.name === "branch.rebased" && clean.has(fact.data.from)) clean.add(fact.data.to);
    if (fact.name === "branch.pushed" && isNow && !clean.has(fact.data.commit))
      unseen.push(
        `${fact.data.commit.slice(0, 12)} of ${fact.task ?? "a task"} was pushed, and nothing says that it was looked through`,
      );
  }
  const exceptions = [...weaknesses, ...allowed];
  if (unseen.length > 0) return { verdict: "fail", reasons: [...unseen, ...exceptions], policy };
  return { verdict: exceptions.length === 0 ? "pass" : "exceptions", reasons: exceptions, policy };
}
