import { setTimeout as sleep } from "node:timers/promises";
import { DBOS, StatusString, type WorkflowStatus } from "@dbos-inc/dbos-sdk";

export interface KeepOptions {
  /** The queue of DBOS that nobody but this host listens to. */
  readonly inbox: string;
  readonly executorId: string;
  readonly version: string;
  /** What this host walks. */
  readonly taken: ReadonlySet<string>;
}

export const NOT_ENDED = [StatusString.PENDING, StatusString.ENQUEUED, StatusString.DELAYED];
const LOOK_EVERY_MS = 3000;

/**
 * Who has a piece of work is what our queue says. DBOS has it elsewhere when a host that was cut off asked for it back
 * then and its word came when the way was free again: nothing holds such a word back, so it is put right. Disposing of
 * it ends that.
 */
export function keepTaken({ inbox, executorId, version, taken }: KeepOptions): Disposable {
  const ending = new AbortController();
  const isHere = ({ status, queueName, executorId: by }: WorkflowStatus): boolean =>
    status === StatusString.PENDING ? by === executorId : queueName === inbox;
  const look = async (): Promise<void> => {
    if (taken.size === 0) return;
    const about = { workflowIDs: [...taken], status: NOT_ENDED, applicationVersion: version };
    const works = await DBOS.listWorkflows({ ...about, loadInput: false, loadOutput: false });
    const away = works.filter((work) => !isHere(work) && taken.has(work.workflowID));
    if (away.length === 0) return;
    await DBOS.resumeWorkflows(
      away.map(({ workflowID }) => workflowID),
      { queueName: inbox },
    );
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: ending.signal, ref: false });
      // A database that is away is asked again.
      await look().catch(() => undefined);
    }
  };
  keep().catch(() => undefined);
  // What it has just asked is not waited for: a database that is cut off may answer in an hour.
  return { [Symbol.dispose]: () => ending.abort() };
}
