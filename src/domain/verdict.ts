export const SEVERITIES = ["blocker", "major", "minor", "note"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a reviewer or a tester reports. */
export interface Finding {
  readonly path: string | null;
  readonly line: number | null;
  readonly severity: Severity;
  readonly rule: string | null;
  readonly message: string;
  readonly skills: readonly string[];
}

export type Decision = "approve" | "request_changes";

export interface Verdict {
  readonly decision: Decision;
  readonly findings: readonly Finding[];
  readonly summary: string;
}
