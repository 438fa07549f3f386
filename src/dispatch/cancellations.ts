import { episodeId } from "./episode.ts";
import type { PortsWithEngine } from "./ports.ts";

const LOOK_EVERY_MS = 500;

/** `dispatch cancel` is typed in another process: its word arrives through the journal. */
export function watchCancellations(ports: PortsWithEngine, running: () => readonly string[]): AsyncDisposable {
  const stop = new AbortController();
  const watching = watch(ports, running, stop.signal);
  // Told to whoever disposes; until then it must not end the process.
  watching.catch(() => undefined);
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
    // One question for all lanes: almost always nobody was cancelled.
    const cancelled = new Set((await ports.journal.read({ names: ["task.cancelled"] })).map((fact) => fact.task));
    for (const task of mine) if (cancelled.has(task)) await cancelNow(ports, task);
  }
}

async function cancelNow(ports: PortsWithEngine, task: string): Promise<void> {
  const facts = await ports.journal.read({ task, names: ["episode.started", "task.cancelled"] });
  // What was said of an earlier episode is past: it was tried again since.
  const last = facts.at(-1);
  if (last?.name === "task.cancelled" && last.episode > 0)
    await ports.engine.cancel(episodeId(ports.repository.id, task, last.episode));
}
