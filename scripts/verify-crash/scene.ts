import type { StateName } from "../../src/domain/task-state.ts";
import type { World } from "./world.ts";

/** What a deed may look at and touch. */
export interface Scene {
  readonly world: World;
  /** The command that was hit. */
  readonly words: readonly string[];
  /** A human's commit is not lost, and their word about a task holds. */
  promise(found: { readonly task: string; readonly head: string }, state?: StateName): void;
  /** Where it stays since a human said so. */
  fateOf(task: string): StateName | undefined;
  complain(problem: string): void;
}
