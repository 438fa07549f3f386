import type { AgentEnd } from "../../../domain/assignment.ts";
import { formatUsd } from "../../../domain/duration.ts";
import { addUsage } from "../../../domain/usage.ts";
import type { Metered } from "../gateway/meter.ts";
import type { Price } from "./price.ts";

/** What one turn has cost so far, as our gateway sees it, and whether that is enough. */
export interface Purse {
  readonly onMetered: (metered: Metered) => void;
  /** Aborted when it has cost more than it may. */
  readonly spent: AbortSignal;
  /** null where nothing went through a gateway. */
  readonly metered: Metered | null;
  end(): AgentEnd;
}

/** `allowed`: USD; null where any price will do. A model without a price is stopped by nothing here. */
export function openPurse(price: Price, model: string | null, allowed: number | null): Purse {
  const spent = new AbortController();
  let metered: Metered | null = null;
  let costUsd = 0;
  const weigh = async (one: Metered, bound: number): Promise<void> => {
    costUsd = Math.max(costUsd, (await price(one.model ?? model, one.usage)) ?? 0);
    if (costUsd > bound) spent.abort();
  };
  return {
    spent: spent.signal,
    get metered() {
      return metered;
    },
    onMetered(one) {
      metered = metered === null ? one : { ...one, usage: addUsage(metered.usage, one.usage) ?? one.usage };
      // A table of prices that cannot be read is told at the end of the turn.
      if (allowed !== null) weigh(metered, allowed).catch(() => undefined);
    },
    end() {
      const message = `it had cost ${formatUsd(costUsd)}, and might cost ${formatUsd(allowed)}`;
      return { kind: "gave_up", why: "budget", message };
    },
  };
}
