import { episodeId } from "./episode.ts";
import type { PortsWithEngine } from "./ports.ts";

const LOOK_EVERY_MS = 500;

/** `dispatch cancel` is typed in another process: its word arrives through the journal. */
export function watchCancellations(ports: PortsWithEngine, running: () => readonly string[]): AsyncDisposable {
  const stop = new AbortController();
  const watching = watch(ports, running, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}

async function watch(ports: PortsWithEngine, running: () => readonly string[], signal: AbortSignal): Promise<void> {
  while (await ports.clock.wait(LOOK_EVERY_MS, signal)) {
    const mine = new Set(running());
    if (mine.size === 0) continue;
    for (const fact of await ports.journal.read({ names: ["task.cancelled"] })) {
      if (fact.task === null || !mine.has(fact.task)) continue;
      await ports.engine.cancel(episodeId(ports.repository.id, fact.task, fact.episode));
    }
  }
}
