import type { Outer } from "../cli/desk/desk.ts";
import { type OrderWord, parseOrder } from "../domain/order.ts";

/** What has to happen before an order counts as obeyed; those that are not here are, when they were read. */
const UNTIL: Partial<Readonly<Record<OrderWord["kind"], "begun" | "answered">>> = {
  fix: "answered",
  retry: "begun",
  resume: "begun",
  // It holds until somebody lets it go on.
  pause: "begun",
};

interface Held {
  readonly pr: number;
  readonly order: number;
  readonly until: "begun" | "answered";
}

/**
 * Nothing is stored from one run to the next but what is on GitHub. So an order is ticked off there when what it asked
 * for was done: a run that fails, is refused or is about something else leaves it to be heard again.
 */
export function hearing(outer: Outer): Outer {
  const { forge } = outer;
  const kinds = new Map<number, OrderWord["kind"]>();
  const held = new Map<number, Held>();
  const tick = async (number: number, when: Held["until"]): Promise<void> => {
    for (const { pr, order, until } of held.values())
      if (pr === number && until === when) {
        held.delete(order);
        await forge.takeOrder(pr, order, true);
      }
  };
  return {
    ...outer,
    forge: {
      ...forge,
      async fetchOrders(number) {
        const orders = (await forge.fetchOrders(number)).filter(({ id }) => !held.has(id));
        for (const { id, text } of orders) {
          const kind = parseOrder(text)?.kind;
          if (kind !== undefined) kinds.set(id, kind);
        }
        return orders;
      },
      async takeOrder(pr, order, isUnderstood) {
        const kind = kinds.get(order);
        const until = kind === undefined ? undefined : UNTIL[kind];
        if (until === undefined) return await forge.takeOrder(pr, order, isUnderstood);
        held.set(order, { pr, order, until });
      },
      async showState(task, pr, state) {
        if (pr !== null && state === "running") await tick(pr, "begun");
        await forge.showState(task, pr, state);
      },
      async answer(pr, head) {
        await forge.answer(pr, head);
        await tick(pr, "answered");
      },
    },
  };
}
