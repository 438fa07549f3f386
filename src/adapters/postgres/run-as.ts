import { type ChildProcess, spawn } from "node:child_process";
import type { ServerUser } from "./server-user.ts";

export interface Started {
  readonly child: ChildProcess;
  /** Exit code, null for a signal; rejects when it could not be started. */
  readonly ended: Promise<number | null>;
}

/** In a session of its own, so that Ctrl-C of the terminal does not reach it; its output goes to `log`. */
export function runAs(user: ServerUser, file: string, args: readonly string[], log: number): Started {
  const child = spawn(file, args, {
    // The user who runs the server may not be able to enter our own folder.
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" },
    ...(user.isOther ? { uid: user.uid, gid: user.gid } : {}),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  ended.catch(() => undefined);
  return { child, ended };
}
