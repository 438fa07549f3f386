import { setTimeout as sleep } from "node:timers/promises";
import { DBOS, StatusString, type WorkflowStatus } from "@dbos-inc/dbos-sdk";
import type { WorkQueue } from "../../ports/work-queue.ts";

export interface KeepOptions {
  /** The queue of DBOS that nobody but this host listens to. */
  readonly inbox: string;
  readonly executorId: string;
  readonly version: string;
  /** Says what is this host's own still. */
  readonly queue: Pick<WorkQueue, "readOwn">;
  /** What this host took, and whether it walks it already. */
  readonly taken: ReadonlySet<string>;
  readonly isWalking: (id: string) => boolean;
}

export const NOT_ENDED = [StatusString.PENDING, StatusString.ENQUEUED, StatusString.DELAYED];
const LOOK_EVERY_MS = 3000;

/**
 * Who has a piece of work is what our queue says. DBOS has it elsewhere when a host that was cut off asked for it back
 * then and its word came when the way was free again: nothing holds such a word back. And it believes it here when the
 * answer that handed it over was lost. Both are put right. Disposing of it ends that.
 */
export function keepTaken(options: KeepOptions): Disposable {
  const { inbox, executorId, version, queue, taken, isWalking } = options;
  const ending = new AbortController();
  /** Handed over, and nothing came of it yet: that takes milliseconds, so the second look says that it was lost. */
  let late: ReadonlySet<string> = new Set();
  const isHandedOver = ({ status, executorId: by }: WorkflowStatus): boolean =>
    status === StatusString.PENDING && by === executorId;
  const isHere = (work: WorkflowStatus): boolean =>
    work.status === StatusString.PENDING
      ? isHandedOver(work) && (isWalking(work.workflowID) || !late.has(work.workflowID))
      : work.queueName === inbox;
  const look = async (): Promise<void> => {
    if (taken.size === 0) return;
    const about = { workflowIDs: [...taken], status: NOT_ENDED, applicationVersion: version };
    const works = await DBOS.listWorkflows({ ...about, loadInput: false, loadOutput: false });
    // Who was frozen until the others gave it up takes nothing back from them: what they began would begin anew.
    const own = await queue.readOwn();
    const mine = works.filter(({ workflowID }) => taken.has(workflowID) && own.has(workflowID));
    const away = idsOf(mine.filter((work) => !isHere(work)));
    late = new Set(idsOf(mine.filter(isHandedOver)).filter((id) => !isWalking(id)));
    if (away.length > 0) await DBOS.resumeWorkflows(away, { queueName: inbox });
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

const idsOf = (works: readonly WorkflowStatus[]): string[] => works.map(({ workflowID }) => workflowID);
