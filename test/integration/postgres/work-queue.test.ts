import { sql } from "kysely";
import { expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/postgres/database.ts";
import { joinHosts, LEASE_SECONDS } from "../../../src/adapters/postgres/host.ts";
import { openJournal } from "../../../src/adapters/postgres/journal.ts";
import { openWorkQueue } from "../../../src/adapters/postgres/work-queue.ts";
import { readHosts } from "../../../src/adapters/postgres/read-hosts.ts";
import { takeTurn } from "../../../src/adapters/postgres/turn.ts";
import type { OfferedWork, Wish } from "../../../src/ports/work-queue.ts";
import { caught } from "../../support/caught.ts";
import { factsOfTask } from "../../support/domain-data.ts";
import { gate } from "../../support/gate.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();
let repos = 0;

const episode = (id: string): OfferedWork => ({ id, story: "task", input: { id }, role: null, skills: [] });
const run = (id: string, more: Partial<OfferedWork> = {}): OfferedWork => ({
  ...{ id, story: "assignment", input: null, role: "coder", skills: [] },
  ...more,
});
const ANY: Wish = { episodes: true, roles: ["coder", "tester", "reviewer"], skills: null, walks: [] };

/** Two hosts of one database, with nothing on the queue. */
async function twoHosts() {
  const database = await openDatabase(postgres.url);
  const repo = `r${(repos += 1)}`;
  const able = { repo, roles: ["coder"] as const, skills: null, capacity: 4 };
  const hosts = [
    await joinHosts(database, { ...able, id: "a", name: "a" }),
    await joinHosts(database, { ...able, id: "b", name: "b" }),
  ] as const;
  const queueOf = (host: string, version = "1", config = "c") =>
    openWorkQueue(database, { repo, host, config, version });
  return {
    repo,
    database,
    hosts,
    a: { ...queueOf(hosts[0].id), id: hosts[0].id },
    b: { ...queueOf(hosts[1].id), id: hosts[1].id },
    queueOf,
    /** As if it had said nothing for so long. */
    silence: (id: string, seconds: number) =>
      sql`update dispatch.host set beat = clock_timestamp() - make_interval(secs => ${seconds})
        where repo = ${repo} and id = ${id}`.execute(database.tables),
    async [Symbol.asyncDispose]() {
      for (const host of hosts) await host[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

it("gives a piece of work to one host only, in the order of the offers, runs of agents first", async () => {
  await using two = await twoHosts();
  await two.a.offer(episode("r/1/1"));
  await two.b.offer(episode("r/1/1"));
  await two.a.offer(episode("r/2/1"));
  await two.a.offer(run("r/2/1/coder-1-1"));
  const [a, b] = [
    { ...ANY, walks: ["r/2/1/coder-1-1"] },
    { ...ANY, walks: ["r/1/1"] },
  ];
  const taken = [await two.a.take(ANY), await two.b.take(ANY), await two.a.take(a), await two.b.take(b)];
  expect(taken.map((work) => work?.id)).toEqual(["r/2/1/coder-1-1", "r/1/1", "r/2/1", undefined]);
  expect(taken[1]).toEqual(episode("r/1/1"));
});

it("gives work to hosts that have the role and every skill, the configuration and the version", async () => {
  await using two = await twoHosts();
  await two.a.offer(run("r/1/1/x", { skills: ["python", "sql"] }));
  const tries: readonly Partial<Wish>[] = [
    { roles: ["tester"] },
    { roles: [] },
    { skills: [] },
    { skills: ["python"] },
    { skills: ["go", "sql"] },
  ];
  for (const wish of tries) expect(await two.a.take({ ...ANY, ...wish })).toBeNull();
  expect(await two.queueOf(two.a.id, "2").take(ANY)).toBeNull();
  expect(await two.queueOf(two.a.id, "1", "other").take(ANY)).toBeNull();
  expect((await two.a.take({ ...ANY, skills: ["sql", "go", "python"] }))?.id).toBe("r/1/1/x");
  await two.a.offer(episode("r/1/1"));
  expect(await two.a.take({ ...ANY, episodes: false, walks: ["r/1/1/x"] })).toBeNull();
});

it("gives what a silent host had to another, and hears nothing more of the silent one", async () => {
  await using two = await twoHosts();
  await two.a.offer(run("r/1/1/x"));
  expect((await two.a.take(ANY))?.id).toBe("r/1/1/x");
  await two.silence(two.a.id, LEASE_SECONDS - 1);
  expect(await two.b.take(ANY)).toBeNull();
  expect(await two.hosts[1].isGone(two.a.id)).toBe(false);
  await two.silence(two.a.id, LEASE_SECONDS + 2);
  expect((await two.b.take(ANY))?.id).toBe("r/1/1/x");
  expect(await two.hosts[1].isGone(two.a.id)).toBe(true);

  expect((await caught(two.a.finish("r/1/1/x", { kind: "done", value: "late" }))).code).toBe("host_lost");
  expect(await two.a.take(ANY)).toBeNull();
  const journal = openJournal(two.database, two.repo, () => two.a.id);
  const late = factsOfTask("A")({ name: "task.cancelled", data: { by: "somebody" } }, 1);
  expect((await caught(journal.append(late))).code).toBe("host_lost");
  expect(await journal.read()).toEqual([]);
  expect(await two.b.finish("r/1/1/x", { kind: "done", value: "mine" })).toBe(true);
  expect(await two.b.readOutcomes(["r/1/1/x"])).toEqual(new Map([["r/1/1/x", { kind: "done", value: "mine" }]]));
});

it("gives again what it gave in an answer that never came", async () => {
  await using two = await twoHosts();
  await two.a.offer(episode("r/1/1"));
  await two.a.take(ANY);
  expect(await two.b.take(ANY)).toBeNull();
  expect(await two.a.take({ ...ANY, walks: ["r/1/1"] })).toBeNull();
  expect((await two.a.take(ANY))?.id).toBe("r/1/1");
});

it("takes nobody who never was a host of this database for one that is gone", async () => {
  await using two = await twoHosts();
  const [left, stays] = two.hosts;
  expect(await stays.isGone("4f1b0f0e-another-clone")).toBe(false);
  expect(await stays.isGone("host:of-another-database")).toBe(false);
  await left[Symbol.asyncDispose]();
  expect(await stays.isGone(left.id)).toBe(true);
  expect((await readHosts(two.database, two.repo)).living.map(({ name }) => name)).toEqual(["b"]);
  expect(await two.b.readCapacity()).toBe(4);
});

it("offers again what was put back, when its time has come", async () => {
  await using two = await twoHosts();
  await two.a.offer(episode("r/1/1"));
  await two.a.take(ANY);
  await two.a.putBack("r/1/1", 3600);
  expect(await two.b.take(ANY)).toBeNull();
  await two.a.putBack("r/1/1", 0);
  expect(await two.b.take(ANY)).toBeNull();
  await sql`update dispatch.work set due = clock_timestamp()`.execute(two.database.tables);
  expect((await two.b.take(ANY))?.id).toBe("r/1/1");
});

it("ends a piece of work with all below it when it is cancelled, and nothing beside it", async () => {
  await using two = await twoHosts();
  for (const id of ["r/1/1", "r/10/1"]) await two.a.offer(episode(id));
  await two.a.offer(run("r/1/1/coder-1-1"));
  expect((await two.a.take(ANY))?.id).toBe("r/1/1/coder-1-1");
  await two.b.cancel("r/1/1");
  expect(await two.a.finish("r/1/1/coder-1-1", { kind: "done", value: 1 })).toBe(false);
  expect(await two.a.readUnfinished()).toEqual([{ id: "r/10/1", version: "1" }]);
});

it("lets the configuration of the last run hold for what nobody works on", async () => {
  await using two = await twoHosts();
  for (const id of ["r/1/1", "r/2/1"]) await two.a.offer(episode(id));
  expect((await two.a.take(ANY))?.id).toBe("r/1/1");
  const next = two.queueOf(two.b.id, "1", "changed");
  expect(await next.take(ANY)).toBeNull();
  await next.adopt();
  expect((await next.take(ANY))?.id).toBe("r/2/1");
  expect(await next.take({ ...ANY, walks: ["r/2/1"] })).toBeNull();
});

it("counts the agents that living hosts run at once", async () => {
  await using two = await twoHosts();
  expect(await two.a.readCapacity()).toBe(8);
  await two.silence(two.b.id, 60);
  expect(await two.a.readCapacity()).toBe(4);
});

it("tells who lives, what they do, and for what there is nobody", async () => {
  await using two = await twoHosts();
  await two.a.offer(run("r/1/1/x"));
  await two.a.take(ANY);
  await two.a.offer(run("r/1/1/y", { role: "reviewer", skills: ["sql"] }));
  await two.silence(two.b.id, 60);
  const here = { name: "a", roles: ["coder"], skills: null, agents: 4, busy: 1 };
  expect(await readHosts(two.database, two.repo)).toEqual({
    living: [here],
    unserved: [{ role: "reviewer", skills: ["sql"] }],
  });
});

it("lets one host of a repository after the other make what all need", async () => {
  await using two = await twoHosts();
  const order: string[] = [];
  const [inside, go] = [gate(), gate()];
  const first = takeTurn(two.database, two.repo, async () => {
    inside.open();
    await go.opened;
    order.push("first");
  });
  await inside.opened;
  const second = takeTurn(two.database, two.repo, async () => order.push("second"));
  await takeTurn(two.database, `${two.repo}-other`, async () => order.push("elsewhere"));
  go.open();
  await Promise.all([first, second]);
  expect(order).toEqual(["elsewhere", "first", "second"]);
  await expect(takeTurn(two.database, two.repo, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await takeTurn(two.database, two.repo, async () => "free again")).toBe("free again");
});
