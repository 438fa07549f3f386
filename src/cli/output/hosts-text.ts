import { display } from "../../domain/display.ts";
import type { Hosts } from "../../ports/work-queue.ts";
import { count } from "./fact-line.ts";

/** One line for all hosts, and one for each kind of work that nobody could take. */
export function hostsText({ living, unserved }: Hosts): readonly string[] {
  const total = (of: "agents" | "busy"): number => living.reduce((sum, host) => sum + host[of], 0);
  const all = `${count(living.length, "host")}: ${total("busy")} of ${count(total("agents"), "agent")} at work`;
  return [
    ...(living.length === 0 ? [] : [all]),
    ...unserved.map(({ role, skills }) => {
      const roles = role === null ? "" : ` --roles ${role}`;
      const needs = skills.length === 0 ? "" : ` --skills ${skills.join(",")}`;
      const what = `${role === null ? "any task" : `a ${role}`}${skills.length === 0 ? "" : ` (${skills.join(", ")})`}`;
      return display(`no host is there for ${what}: dispatch worker${roles}${needs}`);
    }),
  ];
}
