import type { Forge } from "../../ports/forge.ts";

/** Nobody looks at a forge without a face but by commands, and those read the journal. */
export const UNSHOWN: Pick<Forge, "showVerdict" | "showState" | "answer" | "fetchOrders" | "takeOrder"> = {
  showVerdict: async () => undefined,
  showState: async () => undefined,
  answer: async () => undefined,
  fetchOrders: async () => [],
  takeOrder: async () => undefined,
};
