import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Place } from "./place.ts";

/** Beside this file, whether it is the source or what was built from it. */
const LEAVER = new URL(import.meta.url.endsWith(".ts") ? "leaver.ts" : "leaver.js", import.meta.url);

/**
 * While it is held, a process that exits without giving its lease back (a second Ctrl-C, `| head`, a crash) leaves a
 * small one behind that does it in its place: asking the server takes longer than an exit may.
 */
export function leaveAtExit(place: Place): Disposable {
  const onExit = (): void => {
    const args = [...process.execArgv, fileURLToPath(LEAVER), JSON.stringify(place)];
    spawn(process.execPath, args, { cwd: "/", detached: true, stdio: "ignore" }).unref();
  };
  process.on("exit", onExit);
  return { [Symbol.dispose]: () => void process.off("exit", onExit) };
}
