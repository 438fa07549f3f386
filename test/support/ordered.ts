import type { Ports } from "../../src/dispatch/ports.ts";
import { anItem } from "./domain-data.ts";
import { storyHouse, type Play, type StoryHouse, type StoryOptions } from "./story.ts";

interface Taken {
  readonly order: number;
  readonly isUnderstood: boolean;
}

export interface OrderedHouse extends StoryHouse {
  /** bob writes it beside the pull request. */
  order(text: string): void;
  readonly taken: Taken[];
  /** Comments of ours. */
  readonly told: string[];
}

/** A story of one task, A, on a forge on which people write orders, and what became of them there. */
export async function ordered(coder: Play, options: Partial<StoryOptions> = {}): Promise<OrderedHouse> {
  const orders: { id: number; by: string; at: string; text: string }[] = [];
  const taken: Taken[] = [];
  const told: string[] = [];
  const wrap = (ports: Ports): Ports => ({
    ...ports,
    forge: {
      ...ports.forge,
      fetchOrders: async () => orders.filter(({ id }) => !taken.some(({ order }) => order === id)),
      takeOrder: async (_number, order, isUnderstood) => void taken.push({ order, isUnderstood }),
      async ensureComment(number, key, body, by) {
        told.push(body);
        await ports.forge.ensureComment(number, key, body, by);
      },
    },
  });
  const wrapPorts = (ports: Ports): Ports => options.wrapPorts?.(wrap(ports)) ?? wrap(ports);
  const items = [anItem("A", { title: "Do it" })];
  const house = await storyHouse({ items, reviewer: null, coder, ...options, wrapPorts });
  const order = (text: string): void =>
    void orders.push({ id: orders.length + 1, by: "bob", at: "2026-01-01T00:00:00Z", text });
  return Object.assign(house, { order, taken, told });
}
