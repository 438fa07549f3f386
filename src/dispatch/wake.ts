import { CLOCK } from "../domain/circuit.ts";
import { foldTasks } from "../domain/task-view.ts";
import { isoTime, record, type Ports } from "./ports.ts";

/** What was parked until a time that has come goes on, where it stood and with what it had. Twice is the same as once. */
export async function wake(ports: Ports, run: string): Promise<void> {
  const now = isoTime(ports.clock.now());
  for (const { id, episode, state } of foldTasks(await ports.journal.read()).values()) {
    if (state.name !== "parked" || state.wakeAt === null || state.wakeAt > now) continue;
    const { from = "code", saved } = state;
    const data = { from, by: CLOCK, ...(saved === undefined ? {} : { saved }) };
    const key = `${id}/${episode}/woken/${state.wakeAt}`;
    await record(ports, { run, task: id, episode }, key, { name: "task.retried", data });
  }
}
