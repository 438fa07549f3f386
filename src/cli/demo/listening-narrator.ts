import type { Fact } from "../../domain/fact.ts";
import type { Narrator } from "../../ports/narrator.ts";

export interface Listening {
  readonly narrator: Narrator & Disposable;
  /** Every fact so far, in its order. */
  readonly heard: readonly Fact[];
}

/** Hands everything on, and remembers what happened for the summary at the end. */
export function listeningNarrator(narrator: Narrator & Disposable): Listening {
  const heard: Fact[] = [];
  return {
    heard,
    narrator: {
      fact(fact) {
        heard.push(fact);
        narrator.fact(fact);
      },
      agent: (task, role, event) => narrator.agent(task, role, event),
      [Symbol.dispose]: () => narrator[Symbol.dispose](),
    },
  };
}
