import type { AgentOutcome } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";

/** Listens for the first sign of life of an agent's model: what a start costs before anything is done. */
export interface FirstWord {
  /** It said something; only the first time counts. */
  heard(): void;
  /** It was given so many tokens, as the agent says itself; only the first time counts. */
  asked(tokens: number): void;
  /** The same as our gateway sees it: agents also ask beside their work, so it comes second. */
  metered(tokens: number): void;
  /** Nothing where it was not heard of. */
  readonly told: Pick<AgentOutcome, "first">;
}

/** From now on. */
export function firstWord(clock: Pick<Clock, "monotonic">): FirstWord {
  const begun = clock.monotonic();
  let seconds: number | null = null;
  let said: number | null = null;
  let seen: number | null = null;
  return {
    heard() {
      seconds ??= (clock.monotonic() - begun) / 1000;
    },
    asked(given) {
      if (given > 0) said ??= given;
    },
    metered(given) {
      if (given > 0) seen ??= given;
    },
    get told() {
      const prefixTokens = said ?? seen;
      return seconds === null ? {} : { first: { seconds, ...(prefixTokens === null ? {} : { prefixTokens }) } };
    },
  };
}
