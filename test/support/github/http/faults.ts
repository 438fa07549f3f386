import type { Fault, FaultRule, GitFaultRule, JournalLine } from "../views.ts";

export type Rule = FaultRule | GitFaultRule;

export interface Faults {
  add(rule: Rule): Fault;
  /** The rule that this request meets, used up by it. */
  take(line: JournalLine): Rule | null;
}

interface Kept {
  readonly rule: Rule;
  seen: number;
  hits: number;
  isRemoved: boolean;
}

export function makeFaults(): Faults {
  const all: Kept[] = [];
  return {
    add(rule) {
      const kept: Kept = { rule, seen: 0, hits: 0, isRemoved: false };
      all.push(kept);
      return {
        get hits() {
          return kept.hits;
        },
        remove() {
          kept.isRemoved = true;
        },
      };
    },
    take(line) {
      const kept = all.find((one) => isDue(one) && meets(one.rule, line));
      if (kept === undefined) return null;
      kept.seen += 1;
      if (kept.seen <= (kept.rule.skip ?? 0)) return null;
      kept.hits += 1;
      return kept.rule;
    },
  };
}

const isDue = ({ rule, hits, isRemoved }: Kept): boolean => !isRemoved && hits < (rule.times ?? 1);

function meets(rule: Rule, line: JournalLine): boolean {
  if (rule.login !== undefined && rule.login !== line.login) return false;
  // The refs that git asks for first are let through: the fault is of the service itself.
  if ("service" in rule) return line.method === "POST" && line.path.endsWith(`/${rule.service}`);
  if (line.path.includes(".git/")) return false;
  const { method, path, bodyIncludes } = rule;
  if (method !== undefined && method !== line.method) return false;
  if (bodyIncludes !== undefined && !JSON.stringify(line.body ?? "").includes(bodyIncludes)) return false;
  return path === undefined || (typeof path === "string" ? line.path.startsWith(path) : path.test(line.path));
}
