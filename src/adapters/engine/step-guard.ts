import { AsyncLocalStorage } from "node:async_hooks";
import { DispatchError } from "../../domain/errors.ts";

/** The story whose step runs now. */
const insideStepOf = new AsyncLocalStorage<string>();

export interface StepGuard {
  /** Rejects what would work today and break the replay: a name used twice, a step within a step. */
  enter(name: string): void;
  inside<T>(work: () => Promise<T>): Promise<T>;
}

export function createStepGuard(id: string): StepGuard {
  const names = new Set<string>();
  return {
    enter(name) {
      if (insideStepOf.getStore() === id) throw nested(id, name);
      if (names.has(name)) throw taken(id, name);
      names.add(name);
    },
    inside: (work) => insideStepOf.run(id, work),
  };
}

function taken(id: string, name: string): DispatchError {
  return new DispatchError({
    code: "step_name_taken",
    message: `The story ${id} has two steps with the name ${name}.`,
    hint: "Give every step of a story a name of its own, with its round or attempt in it.",
    facts: { id, name },
  });
}

function nested(id: string, name: string): DispatchError {
  return new DispatchError({
    code: "step_nested",
    message: `The step ${name} of ${id} was begun inside another step, so a replay would skip it.`,
    hint: "Begin steps in the story itself.",
    facts: { id, name },
  });
}
