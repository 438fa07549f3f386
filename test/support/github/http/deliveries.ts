import { createHmac, randomUUID } from "node:crypto";
import { repositoryShape } from "../shape/repository.ts";
import { userShape } from "../shape/basics.ts";
import type { Happening, World } from "../state/model.ts";
import type { Delivery } from "../views.ts";

const PATIENCE_MS = 10_000;

interface Kept extends Delivery {
  readonly attempts: (number | null)[];
}

export interface Deliveries {
  keep(world: World, happening: Happening): void;
  receive(url: string, secret: string): void;
  again(id: string): Promise<void>;
  idle(): Promise<void>;
  hold(): { release(arrange?: (held: readonly Delivery[]) => readonly Delivery[]): Promise<void> };
}

/** One after the other, in the order in which things happened. */
export function makeDeliveries(): Deliveries {
  const receivers: { readonly id: number; readonly url: string; readonly secret: string }[] = [];
  const all = new Map<string, Kept>();
  let held: Kept[] | null = null;
  let tail = Promise.resolve();

  async function send(delivery: Kept): Promise<void> {
    for (const { id, url, secret } of receivers) {
      const body = JSON.stringify(delivery.payload);
      const headers = {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/0000000",
        "x-github-event": delivery.event,
        "x-github-delivery": delivery.id,
        "x-github-hook-id": String(id),
        "x-github-hook-installation-target-type": "repository",
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const status = await fetch(url, { method: "POST", headers, body, signal }).then(
        async (response) => (await response.arrayBuffer(), response.status),
        () => null,
      );
      delivery.attempts.push(status);
    }
  }

  async function queue(deliveries: readonly Kept[]): Promise<void> {
    for (const one of deliveries) tail = tail.then(async () => send(one));
    return tail;
  }

  const requireKept = (id: string): Kept => {
    const kept = all.get(id);
    if (kept === undefined) throw new Error(`no delivery ${id}`);
    return kept;
  };

  return {
    keep(world, { repo, event, action, by, payload }) {
      const kept: Kept = {
        id: randomUUID(),
        event,
        action,
        payload: {
          ...(action === null ? {} : { action }),
          ...payload,
          repository: repositoryShape(world, repo),
          sender: userShape(world, by),
        },
        sender: by.login,
        startsRuns: by.kind !== "actions" || event === "workflow_dispatch",
        attempts: [],
      };
      all.set(kept.id, kept);
      world.deliveries.push(kept);
      if (held === null) void queue([kept]);
      else held.push(kept);
    },
    receive(url, secret) {
      receivers.push({ id: receivers.length + 1, url, secret });
    },
    again: async (id) => queue([requireKept(id)]),
    idle: async () => tail,
    hold() {
      held ??= [];
      return {
        async release(arrange = (deliveries) => deliveries) {
          const waiting = held ?? [];
          held = null;
          return queue(arrange(waiting).map(({ id }) => requireKept(id)));
        },
      };
    },
  };
}
