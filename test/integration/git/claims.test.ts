import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureCloneId } from "../../../src/adapters/git/clone-id.ts";
import { openClaims, claimRef, type GitClaims } from "../../../src/adapters/git/claims.ts";
import { openRemoteRefs } from "../../../src/adapters/git/remote-refs.ts";
import { openRepository } from "../../../src/adapters/git/repository.ts";
import type { Claimed } from "../../../src/ports/claims.ts";
import { gitRepo, type GitRepo } from "../../support/git-repo.ts";

const MINUTE = 60_000;

interface Clone extends GitClaims {
  readonly clock: { now: number };
}

/** Clones of one origin, on machines of their own. */
async function clone(
  repo: GitRepo,
  name: string,
  leaseMs = 10 * MINUTE,
  isGone: (owner: string) => boolean = () => false,
): Promise<Clone> {
  const stateDir = join(repo.temp, name);
  const { doors, place } = await openRepository({ root: repo.dir, stateDir, workDir: ".work" });
  const remote = openRemoteRefs({
    ...(place.origin ?? { fetchUrl: "", pushUrl: "" }),
    gitDir: doors.orchDir,
    objects: doors.objects,
    env: process.env,
    signal: undefined,
  });
  const clock = { now: Date.parse("2026-01-01T10:00:00.000Z") };
  const claims = openClaims({
    doors,
    remote,
    readOwner: async () => name,
    host: `host-${name}`,
    isGone: async (owner) => isGone(owner),
    now: () => clock.now,
    leaseMs,
  });
  return { ...claims, clock };
}

async function giveBack(claims: GitClaims, claimed: Claimed): Promise<void> {
  if (claimed.kind === "held") await claimed[Symbol.asyncDispose]();
  await claims.flush();
}

const onOrigin = async (repo: GitRepo): Promise<readonly string[]> =>
  Object.keys(await repo.refs(repo.origin ?? "")).filter((ref) => ref.startsWith("refs/dispatch/claims/"));

describe("a claim on origin", () => {
  it("is one clone's at a time, and free again when it was given back", async () => {
    await using repo = await gitRepo({});
    const [a, b] = [await clone(repo, "a"), await clone(repo, "b")];
    const first = await a.acquire("T-1");
    expect(await b.acquire("t-1")).toEqual({ kind: "elsewhere", by: "host-a", until: "2026-01-01T10:10:00.000Z" });
    expect((await b.acquire("T-2")).kind).toBe("held");
    await giveBack(a, first);
    expect(await onOrigin(repo)).toEqual([claimRef("T-2")]);
    expect((await b.acquire("T-1")).kind).toBe("held");
  });

  it("is seen by who may only look, and theirs alone", async () => {
    await using repo = await gitRepo({});
    const [a, b] = [await clone(repo, "a"), await clone(repo, "b")];
    expect(await b.look("T-1")).toBeNull();
    await a.acquire("T-1");
    expect(await b.look("t-1")).toEqual({ kind: "elsewhere", by: "host-a", until: "2026-01-01T10:10:00.000Z" });
    expect(await a.look("T-1")).toBeNull();
    b.clock.now += 11 * MINUTE;
    expect(await b.look("T-1")).toBeNull();
    expect(await onOrigin(repo)).toEqual([claimRef("T-1")]);
  });

  it("has one winner, however many ask at once", async () => {
    await using repo = await gitRepo({});
    const clones = await Promise.all(["a", "b", "c", "d"].map(async (name) => await clone(repo, name)));
    const all = await Promise.all(clones.map(async (one) => await one.acquire("T-1")));
    expect(all.filter(({ kind }) => kind === "held")).toHaveLength(1);
  });

  it("of a dead run of the same clone is taken up at once, somebody else's when it ran out and not before", async () => {
    await using repo = await gitRepo({});
    const [a, again, b] = [await clone(repo, "a"), await clone(repo, "a"), await clone(repo, "b")];
    await a.acquire("T-1");
    expect((await again.acquire("T-1")).kind).toBe("held");
    b.clock.now += 10 * MINUTE;
    expect((await b.acquire("T-1")).kind).toBe("elsewhere");
    b.clock.now += MINUTE;
    expect((await b.acquire("T-1")).kind).toBe("held");
  });

  it("of a host that is known to be gone is taken over at once", async () => {
    await using repo = await gitRepo({});
    const a = await clone(repo, "a");
    const [b, c] = [await clone(repo, "b"), await clone(repo, "c", 10 * MINUTE, (owner) => owner === "a")];
    await a.acquire("T-1");
    await b.acquire("T-2");
    expect((await b.acquire("T-1")).kind).toBe("elsewhere");
    expect((await c.acquire("T-1")).kind).toBe("held");
    expect((await c.acquire("T-2")).kind).toBe("elsewhere");
  });

  it("that was taken over lets nothing of the task be pushed any more, and is not given back by its old owner", async () => {
    await using repo = await gitRepo({});
    const [a, b] = [await clone(repo, "a"), await clone(repo, "b")];
    const frozen = await a.acquire("T-1");
    b.clock.now += 20 * MINUTE;
    await b.acquire("T-1");
    const { guard, requireHeld } = await a.guard("T-1");
    expect(guard?.from).not.toBe((await repo.refs(repo.origin ?? ""))[claimRef("T-1")]);
    await expect(requireHeld()).rejects.toMatchObject({ code: "claim_lost" });
    await giveBack(a, frozen);
    expect(await onOrigin(repo)).toEqual([claimRef("T-1")]);
  });

  it("is renewed while it is held", async () => {
    await using repo = await gitRepo({});
    const a = await clone(repo, "a", 150);
    const held = await a.acquire("T-1");
    const ref = async (): Promise<string | undefined> => (await repo.refs(repo.origin ?? ""))[claimRef("T-1")];
    const before = await ref();
    await expect.poll(ref, { timeout: 20_000 }).not.toBe(before);
    await giveBack(a, held);
    expect(await onOrigin(repo)).toEqual([]);
  });

  it("that nobody can read holds nobody up", async () => {
    await using repo = await gitRepo({});
    const a = await clone(repo, "a");
    await repo.git("push", "-q", "origin", `main:${claimRef("T-1")}`);
    expect((await a.acquire("T-1")).kind).toBe("held");
  });
});

it("without an origin everything is held", async () => {
  await using repo = await gitRepo({}, { origin: null });
  const { claims } = await openRepository({ root: repo.dir, stateDir: join(repo.temp, "s"), workDir: ".work" });
  expect((await claims.acquire("T-1")).kind).toBe("held");
});

it("a branch is not pushed without its claim", async () => {
  await using repo = await gitRepo({});
  const repository = await openRepository({ root: repo.dir, stateDir: join(repo.temp, "s"), workDir: ".work" });
  const head = await repo.commitId("main");
  await repository.claims.acquire("A");
  await repository.publish("dispatch/a--one", head, null);
  expect(await repository.fetchPublished("dispatch/a--one")).toBe(head);
  await repo.gitIn(repo.origin ?? "", "update-ref", claimRef("A"), head);
  await expect(repository.publish("dispatch/a--two", head, null)).rejects.toMatchObject({ code: "claim_lost" });
  expect(await repository.fetchPublished("dispatch/a--two")).toBeNull();
});

it("a clone has one name, also when many lanes ask for it first", async () => {
  await using repo = await gitRepo({});
  const names = await Promise.all(Array.from({ length: 20 }, () => ensureCloneId(join(repo.dir, ".git"))));
  expect(new Set([...names, await ensureCloneId(join(repo.dir, ".git"))]).size).toBe(1);
  expect(names[0]).toMatch(/^[0-9a-f-]{36}$/);
});
