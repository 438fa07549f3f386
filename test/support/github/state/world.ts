import type { GitHubOptions } from "../types.ts";
import { ACTIONS_LOGIN, addAccount, makeApp } from "./accounts.ts";
import type { Happening, World } from "./model.ts";

/** What GitHub says of itself. */
const LIMITS = { perHour: 5000, pointsPerMinute: 900, contentPerMinute: 80, contentPerHour: 500 };

const FIRST_ID = 1000;

export function makeWorld(
  folder: string,
  options: GitHubOptions,
  emit: (world: World, happening: Happening) => void,
): World {
  let id = FIRST_ID;
  let tail: Promise<unknown> = Promise.resolve();
  const now = options.now ?? Date.now;
  const world: World = {
    folder,
    options,
    limits: { ...LIMITS, ...options.limits },
    app: makeApp(),
    url: "",
    accounts: new Map(),
    tokens: new Map(),
    repos: new Map(),
    journal: [],
    deliveries: [],
    violations: [],
    now,
    stamp: () => new Date(now()).toISOString().replace(/\.\d+Z$/, "Z"),
    nextId() {
      id += 1;
      return id;
    },
    emit: (happening) => emit(world, happening),
    async turn(work) {
      const done = tail.then(work);
      tail = done.catch(() => undefined);
      return done;
    },
  };
  addAccount(world, world.app.login, "app");
  addAccount(world, ACTIONS_LOGIN, "actions");
  return world;
}
