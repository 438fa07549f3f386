import type { ActionTools } from "../cli/compose-action.ts";
import type { CliContext } from "../cli/context.ts";
import type { Wanted } from "./decide.ts";
import type { Runner } from "./runner.ts";
import type { Inputs } from "./schema.ts";
import type { ActionWorld } from "./world.ts";

/** One step of a workflow. */
export interface Step {
  readonly world: ActionWorld;
  readonly runner: Runner;
  readonly inputs: Inputs;
  readonly wanted: Wanted;
  /** The label that started it. */
  readonly label: string | null;
  /** The default branch, where the event names it. */
  readonly branch: string | null;
  readonly tools: ActionTools;
  /** Of the base alone: no branch of a pull request says what is started. */
  readonly context: CliContext;
  readonly outbox: string | null;
}

/** Says why there is nothing to do: an end like any other. */
export class Nothing extends Error {
  override readonly name = "Nothing";
}
