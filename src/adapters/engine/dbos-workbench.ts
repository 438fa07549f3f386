import { DBOS } from "@dbos-inc/dbos-sdk";
import { Stopped, type Story } from "../../ports/steps.ts";
import { createDbosSteps, type Workflow } from "./dbos-steps.ts";
import { forever } from "./deferred.ts";
import { createExecutions, type Executions, isStopped } from "./executions.ts";
import type { Fleet } from "./fleet.ts";
import { asError } from "./recorded-error.ts";
import { workLost } from "./work-errors.ts";

export interface Workbench {
  readonly executions: Executions;
  /** By the name of the story. */
  readonly workflows: ReadonlyMap<string, Workflow>;
}

/** Registers the stories as workflows of DBOS. `isWanted` says whether this process was asked to run a work. */
export function createWorkbench(
  stories: Readonly<Record<string, Story>>,
  isWanted: (id: string) => boolean,
  fleet: Pick<Fleet, "delegate"> | null,
): Workbench {
  const executions = createExecutions();
  const workflows = new Map<string, Workflow>();

  const perform = async (id: string, story: Story, input: unknown): Promise<unknown> => {
    // DBOS also offers work that a process took up before it died; it waits until somebody asks for it here.
    if (!isWanted(id)) return forever();
    // It may be handed over more than once while the one before lets go: the last is the one that goes on.
    for (let before = executions.find(id); before !== undefined; before = executions.find(id)) {
      before.halt(workLost(id));
      await before.ended;
    }
    const outcome = await performHere(id, story, input);
    // A stopped work is neither finished nor failed: silence leaves it to the next start.
    if (outcome.kind === "stopped") return forever();
    if (outcome.kind === "failed") throw outcome.error;
    return outcome.value;
  };

  const performHere = async (id: string, story: Story, input: unknown): Promise<Outcome> => {
    let execution;
    try {
      execution = executions.begin(id);
    } catch (error) {
      if (error instanceof Stopped) return { kind: "stopped" };
      throw error;
    }
    try {
      const value = await story(createDbosSteps({ execution, executions, workflows, fleet }), input as never);
      return isStopped(execution) ? { kind: "stopped" } : { kind: "done", value };
    } catch (error) {
      if (error instanceof Stopped) execution.halt(error);
      return isStopped(execution) ? { kind: "stopped" } : { kind: "failed", error: asError(error) };
    } finally {
      execution.end();
    }
  };

  for (const [name, story] of Object.entries(stories)) {
    const workflow = DBOS.registerWorkflow((input: unknown) => perform(DBOS.workflowID ?? "", story, input), { name });
    workflows.set(name, workflow);
  }
  return { executions, workflows };
}

type Outcome =
  | { readonly kind: "stopped" }
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error };
