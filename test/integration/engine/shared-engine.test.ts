import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDbosEngine } from "../../../src/adapters/engine/dbos-engine.ts";
import { openDatabase } from "../../../src/adapters/postgres/database.ts";
import { joinHosts } from "../../../src/adapters/postgres/host.ts";
import { openWorkQueue } from "../../../src/adapters/postgres/work-queue.ts";
import type { WorkQueue } from "../../../src/ports/work-queue.ts";
import { ROLES } from "../../../src/domain/assignment.ts";
import type { Engine, Steps } from "../../../src/ports/steps.ts";
import { engineContract, type EngineOptions } from "../../contract/engine.contract.ts";
import { gate } from "../../support/gate.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();

// The same promises where every piece of work goes through the queue of several hosts, of which this is one.
const open = async (
  { place, version = "1", stories, stopWithinMs = 5000 }: EngineOptions,
  watched = (queue: WorkQueue): WorkQueue => queue,
): Promise<Engine> => {
  const database = await openDatabase(postgres.url);
  const id = randomUUID();
  const able = { roles: ROLES, skills: null, capacity: 8 };
  const host = await joinHosts(database, { repo: place, id, name: "here", ...able });
  const engine = await openDbosEngine({
    url: postgres.url,
    schema: place,
    version,
    stories,
    stopWithinMs,
    executorId: id,
    fleet: {
      queue: watched(openWorkQueue(database, { repo: place, host: host.id, config: "c", version })),
      inbox: `clone_${id}`,
      works: true,
      hold: async () => ({ kind: "held", [Symbol.asyncDispose]: async () => undefined }),
      broken: async () => undefined,
      warn: () => undefined,
      againSeconds: 0,
      ...able,
    },
  });
  await engine.begin(async () => undefined);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= leave();
    return stopping;
  };
  const leave = async (): Promise<void> => {
    await using _database = database;
    await using _host = host;
    await engine.stop();
  };
  return { ...engine, stop, [Symbol.asyncDispose]: stop };
};

engineContract("shared", (options) => open(options), { isShared: true });

const aborted = async (signal: AbortSignal): Promise<void> => void (await once(signal, "abort"));

async function handedOver(id: string): Promise<void> {
  for (;;) if ((await DBOS.getWorkflowStatus(id))?.status === "PENDING") return;
}

test("a late word of a host that was cut off takes no work away from who has it", async () => {
  const begun: string[] = [];
  const first = gate();
  await using engine = await open({
    place: "late_word",
    stories: {
      async wait(steps) {
        await steps.run("before", async () => void begun.push("before"));
        return await steps.run("wait", async (signal) => {
          begun.push("wait");
          if (begun.length > 2) return "walked here";
          first.open();
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          });
          return "";
        });
      },
    },
  });
  const running = engine.run("w/1", "wait", null);
  await first.opened;
  // As that host said it, before the way to the database was cut.
  await DBOS.resumeWorkflows(["w/1"], { queueName: "clone_other" });
  expect(await running).toBe("walked here");
  expect(begun).toEqual(["before", "wait", "wait"]);
});

test("work that is handed over again and again is walked by one at a time", async () => {
  const [begun, letGo] = [gate(), gate()];
  let [walking, most, starts] = [0, 0, 0];
  await using engine = await open({
    place: "handed_again",
    stories: {
      wait: (steps) =>
        steps.run("wait", async (signal) => {
          starts += 1;
          walking += 1;
          most = Math.max(most, walking);
          begun.open();
          if (starts === 1) await aborted(signal);
          // Until all of them have come, and long enough to meet another one.
          await letGo.opened;
          await sleep(200);
          walking -= 1;
          signal.throwIfAborted();
          return "walked";
        }),
    },
  });
  const running = engine.run("w/1", "wait", null);
  await begun.opened;
  for (const _ of ["once", "twice", "thrice"]) {
    await DBOS.resumeWorkflows(["w/1"], { queueName: `clone_${DBOS.executorID}` });
    await handedOver("w/1");
  }
  letGo.open();
  expect(await running).toBe("walked");
  expect(most).toBe(1);
});

test("a host that was given up takes nothing back from who has it now", async () => {
  const place = "given_up";
  const [begun, looked] = [gate(), gate()];
  let looks = 0;
  await using database = await openDatabase(postgres.url);
  await using engine = await open(
    { place, stories: { wait: (steps) => steps.run("wait", async (signal) => (begun.open(), await aborted(signal))) } },
    (queue) => ({
      ...queue,
      async readOwn() {
        // What the first one did is done when the second one comes.
        if (looks++ > 0) looked.open();
        return await queue.readOwn();
      },
    }),
  );
  engine.run("w/1", "wait", null).catch(() => undefined);
  await begun.opened;
  const able = { roles: ROLES, skills: null, capacity: 1 };
  await using other = await joinHosts(database, { repo: place, id: "other", name: "there", ...able });
  await sql`update dispatch.work set host = ${other.id} where repo = ${place}`.execute(database.tables);
  await DBOS.resumeWorkflows(["w/1"], { queueName: "clone_other" });
  looks = 0;
  await looked.opened;
  expect(await DBOS.getWorkflowStatus("w/1")).toMatchObject({ status: "ENQUEUED", queueName: "clone_other" });
});

test("work whose hand-over got no answer is handed over again", async () => {
  const place = "no_answer";
  const began = gate();
  const story = (steps: Steps, again: boolean) =>
    steps.run("wait", async (signal) => {
      if (again) return "walked";
      began.open();
      return await new Promise<string>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    });
  {
    await using before = await open({ place, stories: { wait: (steps) => story(steps, false) } });
    before.run("w/1", "wait", null).catch(() => undefined);
    await began.opened;
  }
  await using database = await openDatabase(postgres.url);
  await using engine = await open({ place, stories: { wait: (steps) => story(steps, true) } });
  // DBOS has put it down as handed over to the new engine, which has not heard of it.
  await sql
    .raw(
      `create sequence once;
    create function lose() returns trigger language plpgsql as $$ begin
      if new.status = 'ENQUEUED' and nextval('once') = 1 then
        new.status := 'PENDING'; new.executor_id := '${DBOS.executorID}'; new.owner_xid := 'lost';
      end if; return new; end $$;
    create trigger lose before update on ${place}.workflow_status for each row execute function lose()`,
    )
    .execute(database.tables);
  expect(await engine.run("w/1", "wait", null)).toBe("walked");
  const { rows } = await sql`select last_value::int as asked from once`.execute(database.tables);
  expect(rows).toEqual([{ asked: 2 }]);
});
