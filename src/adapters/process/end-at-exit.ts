import { killOnce } from "./sweep.ts";
import { sendSignal } from "./signal.ts";

interface Running {
  readonly pid: number;
  readonly entry: string;
}

/** All that runs now, so that one listener serves any number of lanes. */
const running = new Set<Running>();

/** While it is held, this program dies with us also when we leave in a hurry (the second Ctrl-C). */
export function endAtExit(pid: number, entry: string): Disposable {
  if (running.size === 0) process.on("exit", endAll);
  const one = { pid, entry };
  running.add(one);
  return {
    [Symbol.dispose]() {
      running.delete(one);
      if (running.size === 0) process.off("exit", endAll);
    },
  };
}

function endAll(): void {
  for (const { pid } of running) sendSignal(-pid, "SIGKILL");
  killOnce(
    Array.from(running, ({ entry }) => entry),
    new Set(),
  );
}
