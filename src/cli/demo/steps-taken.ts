import type { Fact } from "../../domain/fact.ts";
import { count } from "../output/fact-line.ts";

/** What a task went through until it was ready, in the order of the pipeline: `coded, tested, reviewed`. */
export function stepsTaken(task: string, facts: readonly Fact[]): string {
  const own = facts.filter((fact) => fact.task === task);
  const crashes = own.filter((fact) => fact.name === "assignment.ended" && fact.data.end.kind === "crashed").length;
  const verdicts = own.filter((fact) => fact.name === "verdict.given").map((fact) => fact.data);
  const findings = verdicts.filter(({ role }) => role === "reviewer").flatMap((verdict) => verdict.findings).length;
  return [
    ...(crashes > 0 ? [`crashed${crashes > 1 ? ` ${crashes} times` : ""}, retried`] : []),
    ...(own.some((fact) => fact.name === "snapshot.taken") ? ["coded"] : []),
    ...(verdicts.some(({ role }) => role === "tester") ? ["tested"] : []),
    ...(verdicts.some(({ role }) => role === "reviewer") ? [`reviewed${findingsText(findings, own)}`] : []),
  ].join(", ");
}

function findingsText(findings: number, facts: readonly Fact[]): string {
  if (findings === 0) return "";
  return ` (${count(findings, "finding")}${facts.some((fact) => fact.name === "task.ready") ? ", fixed" : ""})`;
}
