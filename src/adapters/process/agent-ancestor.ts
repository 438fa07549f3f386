import { readFileSync } from "node:fs";

/**
 * The nearest ancestor of this process that was started as an agent or by one, or null. A human's word (approve,
 * merge …) is not an agent's to give (docs/contract.md §9.21). Where other processes cannot be seen only our own
 * environment is asked, which an agent could clear.
 */
export function findAgentAncestor(env: NodeJS.ProcessEnv = process.env): number | null {
  if (env["DISPATCH_SPAWN"] !== undefined) return process.pid;
  let pid = process.ppid;
  while (pid > 1) {
    if (
      readProc(pid, "environ")
        ?.split("\0")
        .some((entry) => entry.startsWith("DISPATCH_SPAWN=")) === true
    )
      return pid;
    pid = parentOf(pid);
  }
  return null;
}

function parentOf(pid: number): number {
  const status = readProc(pid, "status");
  return Number(/^PPid:\s*(\d+)$/m.exec(status ?? "")?.[1] ?? 0);
}

/** null for a process that is gone or somebody else's. */
function readProc(pid: number, file: "environ" | "status"): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return null;
  }
}
