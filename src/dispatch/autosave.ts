import { AUTOSAVED } from "../domain/commit-text.ts";
import type { Kept } from "../ports/repository.ts";
import type { Worktree } from "../ports/worktrees.ts";
import { scopeOf } from "./bookends.ts";
import type { Start } from "./count-start.ts";
import type { AssignmentInput } from "./episode.ts";
import { isoTime, record, type Ports } from "./ports.ts";

/** Of a task that is merged: those of turns that a crash cut short. What such a turn left in its worktree stays saved. */
export async function dropAutosaves({ repository }: Ports, id: string): Promise<void> {
  for (const { task, ref, commit, subject } of await repository.readSalvage())
    if (task === id && subject.startsWith(AUTOSAVED)) await repository.dropSalvage({ ref, commit });
}

export interface Autosave extends AsyncDisposable {
  /** What is kept of this turn by now. */
  readonly saved: Kept | null;
}

/**
 * Saves what a coder has so far, time and again while it works, so that not even the end of this machine takes more
 * than the last minutes. One ref for one turn, which moves on; nothing where nothing changed.
 */
export function autosave(ports: Ports, input: AssignmentInput, start: Start, worktree: Worktree): Autosave {
  const stop = new AbortController();
  const seconds = input.role === "coder" ? (input.episode.rules.limits.autosaveSeconds ?? null) : null;
  // The same all the while: the same files are the same commit.
  const date = isoTime(ports.clock.now());
  let saved: Kept | null = null;
  const saving = (async (): Promise<void> => {
    while (seconds !== null && (await ports.clock.wait(seconds * 1000, stop.signal)))
      saved = await save(ports, input, { start, worktree, date, saved }, stop.signal).catch((error: unknown) => {
        // Files that change while they are read; the next time they may not. The end of the turn tells what stays wrong.
        if (!stop.signal.aborted) say(ports, input, error);
        return saved;
      });
  })();
  return {
    get saved() {
      return saved;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await saving;
    },
  };
}

interface Turn {
  readonly start: Start;
  readonly worktree: Worktree;
  readonly date: string;
  readonly saved: Kept | null;
}

async function save(
  ports: Ports,
  input: AssignmentInput,
  { start, worktree, date, saved }: Turn,
  signal: AbortSignal,
): Promise<Kept | null> {
  const { episode, round, attempt, commit: parent, agent: author } = input;
  const message = `${AUTOSAVED}${episode.task.id}, round ${round}, attempt ${attempt}, while its agent works`;
  const { limits } = episode.rules;
  const request = { worktree: worktree.path, parent, message, author, date, limits };
  const commit = await ports.repository.captureLive(request, signal);
  if (commit === parent || commit === saved?.commit) return saved;
  const ref = await ports.repository.salvage(episode.task.id, commit, saved);
  // Told once: from then on its ref says where it is.
  await record(ports, scopeOf(episode), `${start.key}/autosave`, { name: "work.salvaged", data: { ref, commit } });
  return { ref, commit };
}

function say({ narrator, secrets }: Ports, { episode, role }: AssignmentInput, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  narrator.agent(episode.task.id, role, { kind: "output", line: secrets.mask(`autosave: not this time: ${why}`) });
}
