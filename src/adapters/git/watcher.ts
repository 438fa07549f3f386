import { flagPath, lowerFlag, raiseFlag, readFlag } from "./pause-flag.ts";
import type { GitRepository } from "./repository.ts";

/** What stops and steers the rebase watcher; the rebasing itself is `rebaseWaiting` of the story. */
export interface Watcher {
  /** While the main checkout has a flag, whoever wrote it. */
  isPaused(): Promise<boolean>;
  /** Who paused: `you`, the agents that run, or null for a flag that is not ours. */
  readState(): Promise<{ readonly paused: boolean; readonly by: string | null }>;
  /** Until `resume`; agents come and go meanwhile. A foreign flag stays what it is, and pauses as well. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

const USER = "user";

export function openWatcher({ registry, commonDir }: Pick<GitRepository, "registry" | "commonDir">): Watcher {
  const flag = flagPath(commonDir);
  return {
    isPaused: async () => (await readFlag(flag)).kind !== "none",
    async readState() {
      const found = await readFlag(flag);
      if (found.kind !== "ours") return { paused: found.kind !== "none", by: null };
      const agents = found.leases.filter(({ id }) => id !== USER).map(({ holder }) => holder);
      const isUser = agents.length < found.leases.length;
      return { paused: true, by: [...(isUser ? ["you"] : []), ...new Set(agents)].join(", ") };
    },
    pause: () =>
      registry.exclusive(() =>
        raiseFlag(flag, { id: USER, holder: "you", task: null, since: new Date().toISOString(), owner: null }),
      ),
    resume: () => registry.exclusive(() => lowerFlag(flag, ({ id }) => id === USER)),
  };
}
