import type { Outer } from "../cli/desk/desk.ts";
import type { PullRequest } from "../ports/forge.ts";
import { parseBranchName } from "../domain/branch-name.ts";
import { DispatchError } from "../domain/errors.ts";
import type { Intent } from "./schema.ts";

/** Numbers of pull requests that are not yet opened begin here; GitHub has none so high. */
const NOT_YET = 1_000_000_000;

export const isNotYet = (number: number): boolean => number > NOT_YET;

/**
 * The same ports, where whatever would leave this machine is taken down in its order instead, and seen from then on as
 * if it had been done. Questions go through: for them a token that may only read is enough.
 */
export function recording(outer: Outer, intents: Intent[]): Outer {
  const pushed = new Map<string, string>();
  const changed = new Map<number, PullRequest>();
  const taken = new Set<number>();
  const { forge, repository, claims } = outer;
  const say = (intent: Intent): void => void intents.push(intent);
  const idOf = (branch: string): string => parseBranchName(branch)?.id ?? branch;
  const seen = (one: PullRequest): PullRequest => changed.get(one.number) ?? one;
  const fetchAll = async (): Promise<readonly PullRequest[]> => {
    const all = await forge.fetchPullRequests();
    const known = new Set(all.map(({ number }) => number));
    return [...all.map(seen), ...[...changed.values()].filter(({ number }) => !known.has(number))];
  };
  const require = async (number: number): Promise<PullRequest> => {
    const found = changed.get(number) ?? (await forge.fetchPullRequest(number));
    if (found === null) throw new Error(`there is no pull request ${number}`);
    return found;
  };

  const fetchPublished: typeof repository.fetchPublished = async (branch) =>
    pushed.get(branch) ?? (await repository.fetchPublished(branch));

  return {
    // Nobody else is kept from a task by this machine, but it keeps off theirs; the publisher claims what it publishes.
    claims: {
      acquire: async (task) =>
        (await claims.look(task)) ?? { kind: "held", [Symbol.asyncDispose]: async () => undefined },
      look: (task) => claims.look(task),
      flush: async () => undefined,
    },
    repository: {
      ...repository,
      fetchPublished,
      async publish(branch, commit, expected) {
        const there = await fetchPublished(branch);
        if (there === commit) return;
        if (there !== expected) throw rejected(branch);
        pushed.set(branch, commit);
        say({ verb: "push", task: idOf(branch), branch, commit, expected });
      },
      async unpublish(branch, expected) {
        say({ verb: "unpublish", task: idOf(branch), branch, expected });
      },
    },
    forge: {
      ...forge,
      async ensurePullRequest(draft) {
        const all = (await fetchAll()).filter(({ branch }) => branch === draft.branch);
        const before = all.find(({ state }) => state === "open") ?? all.at(-1);
        if (before !== undefined && before.state !== "open") return before;
        const number = before?.number ?? NOT_YET + changed.size + 1;
        say({ verb: "pull-request", number, draft });
        const fresh = { review: "pending", reviewedHead: null, mergeCommit: null, url: null } as const;
        const now: PullRequest = { ...fresh, ...before, ...draft, number, state: "open" };
        changed.set(number, now);
        return now;
      },
      fetchPullRequests: fetchAll,
      async fetchPullRequest(number) {
        if (isNotYet(number)) return { ...(await require(number)), comments: [], asked: null };
        const found = await forge.fetchPullRequest(number);
        return found === null ? null : { ...found, ...changed.get(number) };
      },
      async ensureComment(pr, key, body, by) {
        say({ verb: "comment", pr, key, body, by });
      },
      // Words of people, and theirs alone.
      review: () => Promise.reject(new Error("an agent half approves nothing")),
      merge: () => Promise.reject(new Error("an agent half merges nothing")),
      async close(pr, by, why) {
        say({ verb: "close", pr, by, why });
        const now = { ...(await require(pr)), state: "closed" } as const;
        changed.set(pr, now);
        return now;
      },
      async showVerdict(pr, { task, head, outcome, sentence, findings }) {
        const copied = findings.map((one) => ({ ...one, skills: [...one.skills] }));
        say({ verb: "verdict", pr, verdict: { task, head, outcome, sentence, findings: copied } });
      },
      async showState(task, pr, state) {
        say({ verb: "state", task, pr, state });
      },
      async answer(pr, head) {
        say({ verb: "answer", pr, head });
      },
      fetchOrders: async (number) =>
        isNotYet(number) ? [] : (await forge.fetchOrders(number)).filter(({ id }) => !taken.has(id)),
      async takeOrder(pr, order, understood) {
        taken.add(order);
        say({ verb: "order", pr, order, understood });
      },
    },
  };
}

/** As origin would. */
const rejected = (branch: string): DispatchError =>
  new DispatchError({
    code: "push_rejected",
    message: `${branch} is not where it was expected on origin.`,
    hint: "Somebody moved that branch; look at: git ls-remote origin",
  });
