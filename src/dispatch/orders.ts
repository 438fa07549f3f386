import { budgetFor } from "../domain/budget.ts";
import { explanation } from "../domain/explain.ts";
import { askBack, type OrderWord, parseOrder } from "../domain/order.ts";
import { formatReason } from "../domain/retry.ts";
import { isActive } from "../domain/task-state.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { Order } from "../ports/forge.ts";
import { sendBack } from "./asked.ts";
import { budgetAsked } from "./order-budget.ts";
import { rebaseAsked, type Obeying } from "./order-rebase.ts";

/**
 * Orders beside a pull request, oldest first. Each becomes a fact with the order's own key before it is ticked off, so
 * that a redo is silent. While agents are at work for the task it waits: its next end comes soon.
 */
export async function takeOrders(hearing: Obeying, before: TaskView, number: number): Promise<TaskView> {
  const { forge, journal } = hearing.ports;
  let view = before;
  for (const order of await forge.fetchOrders(number)) {
    if (isActive(view.state)) return view;
    const word = parseOrder(order.text);
    await follow(hearing, view, number, order, word);
    await forge.takeOrder(number, order.id, word !== null);
    view = foldTask(await journal.read({ task: view.id }));
  }
  return view;
}

async function follow(
  hearing: Obeying,
  view: TaskView,
  number: number,
  { id, by, text: asked }: Order,
  word: OrderWord | null,
): Promise<void> {
  const { ports, say } = hearing;
  const key = `pr/${number}/order/${id}`;
  const tell = async (text: string | null): Promise<void> =>
    text === null ? undefined : await ports.forge.ensureComment(number, `order/${id}`, text, "dispatch");
  if (word === null) return await tell(askBack(asked));
  switch (word.kind) {
    case "fix":
      await sendBack(hearing, view.id, key, { by, why: word.why });
      // What has failed begins again with it.
      if (view.state.name === "failed") await say(`${key}/again`, { name: "task.retried", data: { from: "code", by } });
      return;
    case "pause": {
      const reason = formatReason("paused", `${by} asked for it`);
      await say(key, { name: "task.parked", data: { reason, wakeAt: null } });
      return;
    }
    case "resume":
      // One that was ready is looked at again: the base may have moved meanwhile. What was asked for is not forgotten.
      await say(key, { name: "task.retried", data: { from: view.feedback.length > 0 ? "code" : "test", by } });
      return;
    case "retry":
      await say(key, { name: "task.retried", data: { from: "code", by } });
      return;
    case "stop":
      await ports.forge.close(number, by, "stopped");
      await ports.forge.showState(view.id, number, null);
      await say(key, { name: "task.cancelled", data: { by } });
      return;
    case "explain":
      return await tell(explanation(view, budgetFor(ports.budget, view).perTask));
    case "rebase":
      return await tell(await rebaseAsked(hearing, view, key, { number, by }));
    case "budget":
      return await tell(await budgetAsked(hearing, view, key, { number, by, usd: word.usd }));
    default:
      return word satisfies never;
  }
}
