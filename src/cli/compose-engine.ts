import { hostname } from "node:os";
import type { EngineLog } from "../adapters/engine/dbos-launch.ts";
import { takeTurn } from "../adapters/postgres/turn.ts";
import type { Log } from "../adapters/telemetry/log.ts";
import { STORY_VERSION } from "../dispatch/episode.ts";
import { stories } from "../dispatch/run-task.ts";
import type { Engine } from "../ports/steps.ts";
import { joinFleet, type JoinRequest, type Membership, notShared } from "./compose-fleet.ts";
import type { Store } from "./compose-store.ts";

export interface EngineRequest extends Omit<JoinRequest, "database"> {
  readonly membership: Membership;
  readonly store: Store;
  readonly log: Log;
  /** Told why this host may work no more. */
  readonly expel: (reason: unknown) => void;
}

/** The durable one, on the database of the journal; with the other hosts where there are some. */
export async function openEngine({ membership, store, log, expel, ...joining }: EngineRequest): Promise<Engine> {
  const { ports, run, wanted } = joining;
  const { shared } = store;
  if (shared === null && !wanted.works) throw notShared("run --no-work");
  const fleet = shared === null ? null : await joinFleet(membership, { database: shared, ...joining });
  const { host } = membership;
  host?.lost.addEventListener("abort", () => expel(host.lost.reason), { once: true });
  // Big, and only a run needs it.
  const { openDbosEngine } = await import("../adapters/engine/dbos-engine.ts");
  const { id } = ports.repository;
  const launching = {
    url: store.url,
    schema: `dispatch_${id}`,
    version: STORY_VERSION,
    executorId: `${hostname()}-${process.pid}-${run}`,
    stories: stories(ports),
    ...(fleet === null ? {} : { fleet }),
    log: engineLog(log),
  };
  const launch = (): Promise<Engine> => openDbosEngine(launching);
  // Its tables are made or migrated at the start, which two hosts must not do at once.
  return shared === null ? await launch() : await takeTurn(shared, id, launch);
}

const engineLog =
  (log: Log): EngineLog =>
  (level, text) =>
    log[level === "warn" || level === "error" ? "warn" : "info"]({ engine: text }, "engine");
