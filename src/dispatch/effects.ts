import { EFFECTS, FACT_EFFECTS, type EffectName, type Position } from "../domain/effect.ts";
import type { FactName } from "../domain/fact.ts";
import type { Agent } from "../ports/agent.ts";
import type { Claims } from "../ports/claims.ts";
import type { Checks } from "../ports/checks.ts";
import type { Handover } from "../ports/handover.ts";
import type { Forge } from "../ports/forge.ts";
import type { Journal } from "../ports/journal.ts";
import type { Repository } from "../ports/repository.ts";
import type { Worktree, Worktrees } from "../ports/worktrees.ts";
import type { Ports } from "./ports.ts";

/** Called at every point of every side effect; what it does there is its affair, and it may never come back. */
export type AtEffect = (effect: EffectName, nth: number, at: Position) => Promise<void>;

/**
 * The same ports, with a seam at every side effect (docs/contract.md §8). What is not behind the seam is listed by name
 * as a read, so that a new method of a port does not compile before somebody said which of the two it is.
 */
export function withEffects(ports: Ports, hit: AtEffect): Ports {
  const seam = openSeam(hit);
  const { backlog, clock, narrator, hash, secrets, paths, prompts, lanes, budget, readDisk } = ports;
  return {
    ...{ backlog, clock, narrator, hash, secrets, paths, prompts, lanes, budget, readDisk },
    repository: repositoryWith(seam, ports.repository),
    worktrees: worktreesWith(seam, ports.worktrees),
    forge: forgeWith(seam, ports.forge),
    claims: claimsWith(seam, ports.claims),
    handover: handoverWith(seam, ports.handover),
    checks: checksWith(seam, ports.checks),
    // Not every command may ask for these.
    get journal() {
      return journalWith(seam, ports.journal);
    },
    // Known once it has joined the others.
    get host() {
      return ports.host;
    },
    get agents() {
      return new Map([...ports.agents].map(([name, agent]) => [name, agentWith(seam, agent)]));
    },
  };
}

interface Seam {
  act<T>(effect: EffectName, work: () => Promise<T>): Promise<T>;
  /** For effects that begin and end at different places. */
  begin(effect: EffectName): Promise<() => Promise<void>>;
  recorded(fact: FactName): Promise<void>;
}

function openSeam(hit: AtEffect): Seam {
  const counts = new Map<EffectName, number>();
  /** Done, and not yet written down. */
  const open = new Map<EffectName, number[]>();
  const begin: Seam["begin"] = async (effect) => {
    const nth = (counts.get(effect) ?? 0) + 1;
    counts.set(effect, nth);
    await hit(effect, nth, "before");
    return async () => {
      if (EFFECTS[effect].length > 0) open.set(effect, [...(open.get(effect) ?? []), nth]);
      await hit(effect, nth, "after");
    };
  };
  return {
    begin,
    async act(effect, work) {
      const done = await begin(effect);
      const result = await work();
      await done();
      return result;
    },
    async recorded(fact) {
      for (const [effect, all] of open) {
        if (!(EFFECTS[effect] as readonly FactName[]).includes(fact)) continue;
        const [nth, ...later] = all;
        open.set(effect, later);
        if (nth !== undefined) await hit(effect, nth, "recorded");
      }
    },
  };
}

/** Questions, and what leaves nothing behind that anybody would find (objects without a ref, our copy of the base). */
const READS = {
  repository: [
    ...["id", "root", "commonDir", "origin", "fetchBase", "readBase", "readBranch", "fetchPublished", "fetchObjects"],
    ...["readChanges", "readDiff", "overlay", "forecast", "isAncestor", "readDescendants", "replay", "mergeBase"],
    ...["readMergedTasks", "readOwnTask", "readFile", "readFiles", "readOutlook", "readAudit", "together"],
    ...["readSalvage", "captureLive", "rewrite"],
  ],
  forge: ["kind", "fetchPullRequests", "fetchPullRequest", "fetchForeign", "fetchOrders"],
  journal: ["read", "mark", "audit"],
  agent: ["name", "engine", "version", "role", "skills", "readsOnly", "seeds"],
  checks: ["command", "restore"],
} as const;

function only<T extends object, K extends keyof T>(port: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, port[name]])) as Pick<T, K>;
}

function repositoryWith({ act }: Seam, repository: Repository): Repository {
  return {
    ...only(repository, READS.repository),
    moveBranch: (...args) => act("branch", () => repository.moveBranch(...args)),
    deleteBranch: (...args) => act("branch-delete", () => repository.deleteBranch(...args)),
    publish: (...args) => act("push", () => repository.publish(...args)),
    unpublish: (...args) => act("unpublish", () => repository.unpublish(...args)),
    snapshot: (request) => act("snapshot", () => repository.snapshot(request)),
    salvage: (...args) => act("salvage", () => repository.salvage(...args)),
    dropSalvage: (kept) => act("salvage-drop", () => repository.dropSalvage(kept)),
    recordAudit: (...args) => act("audit", () => repository.recordAudit(...args)),
  };
}

function worktreesWith({ act }: Seam, worktrees: Worktrees): Worktrees {
  const leased = (worktree: Worktree): Worktree => {
    const release = (): Promise<void> => act("worktree-release", () => worktree.release());
    return {
      path: worktree.path,
      branch: worktree.branch,
      isIntact: () => worktree.isIntact(),
      isUntouched: () => worktree.isUntouched(),
      release,
      [Symbol.asyncDispose]: release,
      async pauseWatcher() {
        const flags = await act("flag", () => worktree.pauseWatcher());
        return { [Symbol.asyncDispose]: () => act("flag-release", async () => await flags[Symbol.asyncDispose]()) };
      },
    };
  };
  return {
    acquire: async (request) => leased(await act("worktree", () => worktrees.acquire(request))),
    heal: () => act("heal", () => worktrees.heal()),
    isBusy: (branch) => worktrees.isBusy(branch),
  };
}

function claimsWith({ act }: Seam, claims: Claims): Claims {
  return {
    look: (task) => claims.look(task),
    flush: () => claims.flush(),
    async acquire(task) {
      const claimed = await act("claim", () => claims.acquire(task));
      if (claimed.kind === "elsewhere") return claimed;
      return {
        kind: "held",
        [Symbol.asyncDispose]: () => act("claim-release", async () => await claimed[Symbol.asyncDispose]()),
      };
    },
  };
}

function handoverWith({ act }: Seam, handover: Handover): Handover {
  return {
    bring: (...args) => handover.bring(...args),
    give: (...args) => act("handover", () => handover.give(...args)),
    drop: (task) => act("handover-drop", () => handover.drop(task)),
  };
}

function forgeWith({ act }: Seam, forge: Forge): Forge {
  return {
    ...only(forge, READS.forge),
    ensurePullRequest: (draft) => act("pull-request", () => forge.ensurePullRequest(draft)),
    ensureComment: (...args) => act("comment", () => forge.ensureComment(...args)),
    review: (...args) => act("review", () => forge.review(...args)),
    merge: (...args) => act("merge", () => forge.merge(...args)),
    close: (...args) => act("close", () => forge.close(...args)),
    showVerdict: (...args) => act("show-verdict", () => forge.showVerdict(...args)),
    showState: (...args) => act("show-state", () => forge.showState(...args)),
    answer: (...args) => act("answer", () => forge.answer(...args)),
    takeOrder: (...args) => act("order", () => forge.takeOrder(...args)),
  };
}

function journalWith({ act, recorded }: Seam, journal: Journal): Journal {
  return {
    ...only(journal, READS.journal),
    async append(fact) {
      const effect = FACT_EFFECTS[fact.name];
      const store = (): ReturnType<Journal["append"]> => act("event", () => journal.append(fact));
      const stored = await (effect === undefined ? store() : act(effect, store));
      await recorded(fact.name);
      return stored;
    },
  };
}

function agentWith({ begin }: Seam, agent: Agent): Agent {
  return {
    ...only(agent, READS.agent),
    async run(request, onEvent, signal) {
      const { role } = agent;
      if (role === "planner") return await agent.run(request, onEvent, signal);
      const spawned = await begin(`spawn-${role}`);
      let seen: Promise<void> | null = null;
      const outcome = await agent.run(
        request,
        (event) => {
          if (event.kind === "started" && seen === null) {
            seen = spawned();
            // It is heard below, when the agent has ended: nobody leaves one that runs.
            seen.catch(() => undefined);
          }
          onEvent(event);
        },
        signal,
      );
      await (seen ?? spawned());
      return outcome;
    },
  };
}

function checksWith({ act }: Seam, checks: Checks): Checks {
  return {
    ...only(checks, READS.checks),
    prepare: (...args) => act("setup", () => checks.prepare(...args)),
    run: (...args) => act("checks", () => checks.run(...args)),
  };
}
