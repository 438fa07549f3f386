import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import type { AgentOutcome, AgentResult } from "../../ports/agent.ts";
import type { Role } from "../../domain/assignment.ts";
import { firstIssue, type PlannersFile, resultFileOf } from "./schema.ts";

const MAX_BYTES = 1024 * 1024;

/**
 * What an agent wrote about its work. It is foreign text at a place that the agent could change: nothing but a
 * plain file of its own, at most 1 MB, in the very folder that was made for it, is read.
 */
export async function readResult(path: string, role: Role): Promise<AgentOutcome["result"]> {
  const read = await readPlainFile(path);
  if (read.kind !== "text") return read;
  const json = parseJson(read.text);
  if (json === undefined) return invalid("it is not JSON");
  const parsed = resultFileOf(role).safeParse(json);
  return parsed.success ? { kind: "valid", ...asResult(parsed.data) } : invalid(firstIssue(parsed.error));
}

type Read =
  { readonly kind: "none" } | { readonly kind: "invalid"; readonly why: string } | { kind: "text"; text: string };

async function readPlainFile(path: string): Promise<Read> {
  try {
    if ((await realpath(dirname(path))) !== dirname(path)) return invalid("its folder was replaced");
    // NOFOLLOW: a link could name any file of the user. NONBLOCK: a pipe without a writer would hold us for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return await readOpened(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { kind: "none" };
    return invalid(code === "ELOOP" ? "it is a symbolic link" : `it cannot be read (${code ?? String(error)})`);
  }
}

async function readOpened(file: FileHandle): Promise<Read> {
  const info = await file.stat();
  if (!info.isFile()) return invalid("it is not a plain file");
  if (info.nlink !== 1) return invalid("it is linked to another file");
  if (info.size > MAX_BYTES) return invalid(`it has ${info.size} bytes, more than 1 MB`);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(info.size), 0, info.size, 0);
  return { kind: "text", text: buffer.toString("utf8", 0, bytesRead) };
}

function invalid(what: string): { readonly kind: "invalid"; readonly why: string } {
  return { kind: "invalid", why: `result file: ${what}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function asResult(file: PlannersFile): AgentResult {
  const { summary = "", verdict, findings = [], usage, costUsd, retryAt, tasks } = file;
  return {
    summary,
    verdict: verdict === undefined ? null : { decision: verdict, findings, summary },
    usage: usage ?? null,
    costUsd: costUsd ?? null,
    ...(tasks === undefined ? {} : { tasks }),
    ...(retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() }),
  };
}
