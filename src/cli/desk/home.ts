import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Environment } from "../terminal.ts";

/** Where this user's state lives (docs/contract.md §2). */
export function homeOf(env: Environment, isRoot: boolean): string {
  const given = env["DISPATCH_HOME"];
  if (given !== undefined && given !== "") return resolve(given);
  if (isRoot) return "/var/lib/dispatch";
  const state = env["XDG_STATE_HOME"];
  return join(
    state !== undefined && state !== "" ? state : join(env["HOME"] ?? homedir(), ".local", "state"),
    "dispatch",
  );
}
