import type { Role } from "../../../domain/assignment.ts";
import type { AgentOutcome, AgentRequest } from "../../../ports/agent.ts";
import { asResult } from "../read-result.ts";
import { firstIssue, resultFileOf } from "../schema.ts";
import { isJudge } from "./answer-schema.ts";
import type { Cli, Told } from "./cli.ts";

type Result = AgentOutcome["result"];

/**
 * A judge's word: what it answered to the schema, else the file that it wrote, else the JSON in its last words. None of
 * it is believed before it is read (docs/contract.md §5).
 */
export function takeAnswer(role: Role, told: Pick<Told, "text" | "answer">, file: Result): Result {
  return isJudge(role) ? judged(role, told, file) : words(told, file);
}

/** A coder's files are its answer, so its last words will do. */
function words({ text }: Pick<Told, "text">, file: Result): Result {
  if (file.kind === "valid") return file;
  return { kind: "valid", summary: text.trim().slice(0, 4000), verdict: null, usage: null, costUsd: null };
}

function judged(role: Role, told: Pick<Told, "text" | "answer">, file: Result): Result {
  if (told.answer !== undefined) return parse(role, told.answer, "its answer");
  if (file.kind !== "none") return file;
  const found = jsonIn(told.text);
  if (found === undefined) return { kind: "invalid", why: `there was no ${wantedOf(role)} in its last words` };
  return parse(role, found, "its last words");
}

const wantedOf = (role: Role): string => (role === "planner" ? "proposal" : "verdict");

function parse(role: Role, value: unknown, place: string): Result {
  const parsed = resultFileOf(role).safeParse(value);
  return parsed.success
    ? { kind: "valid", ...asResult(parsed.data) }
    : { kind: "invalid", why: `${place}: ${firstIssue(parsed.error)}` };
}

/** The last fenced block, or all of it. */
function jsonIn(text: string): unknown {
  const blocks = [...text.matchAll(/```(?:json)?\s*\n([\s\S]*?)\n```/g)].map(([, body = ""]) => body);
  for (const candidate of [...blocks.toReversed(), text]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value === "object" && value !== null) return value;
    } catch {
      // The next may be.
    }
  }
  return undefined;
}

const SHAPES = {
  judge: '{ "verdict": "approve" | "request_changes", "summary": "…", "findings": [] }',
  planner: '{ "tasks": [{ "id": "…", "title": "…", "body": "…", "files": [], "after": [], "estimate": 600 }] }',
};

/** Once more, in the same session, for a judge who did its work and said it in a way that nobody can read. */
export function askAgain(
  cli: { readonly features: Pick<Cli["features"], "resume"> },
  { input, brief }: Pick<AgentRequest, "input" | "brief">,
  { end, result }: Pick<AgentOutcome, "end" | "result">,
  told: Pick<Told, "session">,
): string | null {
  const isHeard = result.kind === "valid" && (input.role === "planner" ? result.tasks : result.verdict) != null;
  if (!isJudge(input.role) || end.kind !== "ok" || isHeard) return null;
  if (!cli.features.resume || told.session === null) return null;
  const why = result.kind === "invalid" ? result.why : `there was no ${wantedOf(input.role)} in it`;
  const shape = SHAPES[input.role === "planner" ? "planner" : "judge"];
  return brief === ""
    ? null
    : `Your answer could not be read: ${why}. Answer again, with nothing but JSON of this shape:\n\n${shape}\n`;
}
