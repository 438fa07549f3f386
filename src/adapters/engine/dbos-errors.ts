import { Error as Dbos } from "@dbos-inc/dbos-sdk";
import { reviveError } from "./recorded-error.ts";
import { workCancelled, workLost } from "./work-errors.ts";

/** What a story or the caller of `run` sees for an error of DBOS or from its record. */
export function outcomeError(id: string, error: unknown): unknown {
  const cancelled = cancelledWork(error);
  return cancelled === null ? (haltingError(id, error) ?? reviveError(error)) : workCancelled(cancelled);
}

/** The reason to halt a story when DBOS refuses to record anything more about it; null for all else. */
export function haltingError(id: string, error: unknown): Error | null {
  if (error instanceof Dbos.DBOSWorkflowConflictError) return workLost(id);
  return cancelledWork(error) === id ? workCancelled(id) : null;
}

function cancelledWork(error: unknown): string | null {
  if (error instanceof Dbos.DBOSWorkflowCancelledError) return error.workflowID;
  if (error instanceof Dbos.DBOSAwaitedWorkflowCancelledError) return error.workflowID;
  return null;
}
