import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { openDbosEngine } from "../../../src/adapters/engine/dbos-engine.ts";
import { DispatchError } from "../../../src/domain/errors.ts";
import { type Engine, Stopped, type Story } from "../../../src/ports/steps.ts";
import type { WorkerOptions } from "../../fixtures/engine/worker.ts";
import { caught } from "../../support/caught.ts";
import { begun, startWorker, untilBegun } from "../../support/engine-workers.ts";
import { gate } from "../../support/gate.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();
let engine: Engine | null = null;
let opened = 0;
afterEach(async () => {
  await engine?.stop();
  engine = null;
});

async function open(schema: string, stories: Readonly<Record<string, Story>>, version = "1"): Promise<Engine> {
  opened += 1;
  const executorId = `${process.pid}-${opened}`;
  engine = await openDbosEngine({ url: postgres.url, schema, version, stories, executorId, stopWithinMs: 5000 });
  return engine;
}

function worker(schema: string, more: Partial<WorkerOptions> = {}): WorkerOptions {
  const log = join(postgres.home, `${schema}.log`);
  return { url: postgres.url, schema, version: "1", ids: ["r/A/1"], story: "rounds", log, stepMs: 40, ...more };
}

async function query(text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** `<id> <step>` of all that is recorded. */
async function recorded(schema: string): Promise<readonly string[]> {
  const rows = await query(
    `select workflow_uuid || ' ' || function_name as step from ${schema}.operation_outputs
     where function_name not like 'DBOS%' and child_workflow_id is null`,
  );
  return rows.map(({ step }) => String(step));
}

function count(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

const RESULT = ["prepare-1", "work,snapshot", "prepare-2", "work,snapshot", "publish"];
const STEPS = 7;

describe("work of the durable engine", () => {
  test("finishes after kill -9, wherever each of eight was, and no recorded step runs again", async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `r/T${i}/1`);
    const options = worker("killed", { ids });
    const first = startWorker({ ...options, holdAt: 25 });
    await untilBegun(first, options.log, 25);
    first.child.kill("SIGKILL");
    await first.ended;
    const before = await recorded("killed");
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(8 * STEPS);

    const second = await startWorker(options).ended;
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(second.stdout)).toEqual(Object.fromEntries(ids.map((id) => [id, RESULT])));
    const starts = count(begun(options.log));
    expect(starts.size).toBe(8 * STEPS);
    for (const step of before) expect([step, starts.get(step)]).toEqual([step, 1]);
    for (const times of starts.values()) expect(times).toBeLessThanOrEqual(2);
    // Each of the eight was in one step when it was killed.
    expect(begun(options.log).length).toBeLessThanOrEqual(8 * STEPS + 8);
  });

  test("finishes after process upon process was killed", async () => {
    const options = worker("killed_often", { ids: ["r/A/1", "r/B/1"] });
    for (let kills = 0; kills < 3; kills += 1) {
      const victim = startWorker({ ...options, holdAt: 2 });
      await untilBegun(victim, options.log, begun(options.log).length + 2);
      victim.child.kill("SIGKILL");
      await victim.ended;
    }
    const last = await startWorker(options).ended;
    expect(JSON.parse(last.stdout)).toEqual({ "r/A/1": RESULT, "r/B/1": RESULT });
  });

  test("stops on request and goes on where it was at the next start", async () => {
    const options = worker("stopped");
    const first = startWorker({ ...options, holdAt: 3 });
    await untilBegun(first, options.log, 3);
    first.child.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ code: 0, stdout: '{"r/A/1":"Stopped"}\n', stderr: "" });
    const before = await recorded("stopped");
    const second = await startWorker(options).ended;
    expect(JSON.parse(second.stdout)).toEqual({ "r/A/1": RESULT });
    const starts = count(begun(options.log));
    for (const step of before) expect(starts.get(step)).toBe(1);
  });

  test("an interrupted step runs again, and what it said while stopping was not recorded", async () => {
    const reached = gate();
    const first: Story = async (steps) => [
      await steps.run("done", async () => "first run"),
      await steps.run("interrupted", async (signal) => {
        reached.open();
        while (!signal.aborted) await sleep(5);
        return "half a result";
      }),
    ];
    await open("interrupted", { story: first });
    const run = engine!.run("w", "story", null);
    await reached.opened;
    await Promise.all([engine!.stop(), expect(run).rejects.toThrow(Stopped)]);
    const second: Story = async (steps) => [
      await steps.run("done", async () => "second run"),
      await steps.run("interrupted", async () => "whole result"),
    ];
    await open("interrupted", { story: second });
    expect(await engine!.unfinished()).toEqual([{ id: "w", status: "running", version: "1" }]);
    expect(await engine!.run("w", "story", null)).toEqual(["first run", "whole result"]);
  });

  test("keeps results, errors and cancellations for later processes", async () => {
    const stories: Record<string, Story> = {
      good: async () => ({ fine: true }),
      bad: (steps) =>
        steps.run("step", async () => {
          throw new DispatchError({ code: "no_luck", message: "No.", hint: "Again.", exit: 75, facts: { n: 1 } });
        }),
      long: (steps) => steps.sleep("long", 1e9),
    };
    await open("kept", stories);
    await engine!.run("good", "good", null);
    await caught(engine!.run("bad", "bad", null));
    const long = engine!.run("long", "long", null);
    while ((await engine!.unfinished()).length === 0) await sleep(5);
    await Promise.all([engine!.cancel("long"), expect(long).rejects.toMatchObject({ code: "work_cancelled" })]);
    await engine!.stop();

    await open("kept", { good: async () => "again", bad: async () => "again", long: async () => "again" });
    expect(await engine!.run("good", "good", null)).toEqual({ fine: true });
    const error = await caught(engine!.run("bad", "bad", null));
    expect(error).toMatchObject({ code: "no_luck", message: "No.", hint: "Again.", exit: 75, facts: { n: 1 } });
    expect((await caught(engine!.run("long", "long", null))).code).toBe("work_cancelled");
    expect(await engine!.unfinished()).toEqual([]);
  });

  test("a step that failed before a stop fails the same way in the replay", async () => {
    const reached = gate();
    const seen: unknown[] = [];
    const story: Story = async (steps) => {
      const failing = steps.run("fails", async () => {
        throw new DispatchError({ code: "no_luck", message: "No.", hint: "Again." });
      });
      seen.push((await caught(failing)).code);
      await steps.run("waits", async (signal) => {
        reached.open();
        while (seen.length === 1) {
          signal.throwIfAborted();
          await sleep(5);
        }
      });
    };
    await open("fails", { story });
    const run = engine!.run("w", "story", null);
    await reached.opened;
    await Promise.all([engine!.stop(), expect(run).rejects.toThrow(Stopped)]);
    await open("fails", { story });
    await engine!.run("w", "story", null);
    expect(seen).toEqual(["no_luck", "no_luck"]);
  });

  test("that began with another version of the story is named, never replayed, and begins anew", async () => {
    const options = worker("versions");
    const first = startWorker({ ...options, holdAt: 3 });
    await untilBegun(first, options.log, 3);
    first.child.kill("SIGKILL");
    await first.ended;

    const ran: string[] = [];
    const next: Story = (steps, id: string) => steps.run("all-in-one", async () => ran.push(id));
    await open("versions", { rounds: next }, "2");
    expect(await engine!.unfinished()).toEqual([{ id: "r/A/1", status: "running", version: "1" }]);
    const error = await caught(engine!.run("r/A/1", "rounds", "r/A/1"));
    expect(error).toMatchObject({ code: "story_version_changed", facts: { was: "1", now: "2" } });
    await engine!.cancel("r/A/1");
    expect(await engine!.run("r/A/2", "rounds", "r/A/2")).toBe(1);
    expect(ran).toEqual(["r/A/2"]);
    expect(await engine!.unfinished()).toEqual([]);
    // The children of the old one went with it.
    const open_ = await query(
      `select workflow_uuid from versions.workflow_status where status in ('PENDING', 'ENQUEUED')`,
    );
    expect(open_).toEqual([]);
  });

  test("of two repositories side by side stays apart, also with equal ids", async () => {
    const [one, two] = [worker("repo_one"), worker("repo_two", { ids: ["r/A/1", "r/B/1"] })];
    const [first, second] = await Promise.all([startWorker(one).ended, startWorker(two).ended]);
    expect(JSON.parse(first.stdout)).toEqual({ "r/A/1": RESULT });
    expect(JSON.parse(second.stdout)).toEqual({ "r/A/1": RESULT, "r/B/1": RESULT });
    expect(begun(one.log)).toHaveLength(STEPS);
    expect(begun(two.log)).toHaveLength(2 * STEPS);
  });

  test("is cancelled from another process, while it runs there", async () => {
    const options = worker("cancelled", { story: "long" });
    const owner = startWorker(options);
    await untilBegun(owner, options.log, 1);
    await open("cancelled", { long: async () => "never" });
    await engine!.cancel("r/A/1");
    expect(await owner.ended).toMatchObject({ code: 0, stdout: '{"r/A/1":"work_cancelled"}\n', stderr: "" });
  });

  test("that another process took over is let go by a frozen owner, and its late result is not recorded", async () => {
    const options = worker("frozen", { stepMs: 1500 });
    const owner = startWorker(options);
    await untilBegun(owner, options.log, 1);
    owner.child.kill("SIGSTOP");
    const ran: string[] = [];
    const story: Story = (steps) => steps.run("prepare-1", async () => (ran.push("here"), "by the new owner"));
    await open("frozen", { rounds: story });
    expect(await engine!.run("r/A/1", "rounds", "r/A/1")).toBe("by the new owner");
    expect(ran).toEqual(["here"]);
    owner.child.kill("SIGCONT");
    // The old owner learns the outcome, begins nothing further, and changes nothing.
    expect(await owner.ended).toMatchObject({ code: 0, stdout: '{"r/A/1":"by the new owner"}\n' });
    expect(begun(options.log)).toEqual(["r/A/1 prepare-1"]);
  });

  test("is not begun by a process that was not asked for it", async () => {
    const runs: string[] = [];
    const story: Story = (steps) => steps.run("step", async () => runs.push("ran"));
    await open("unasked", { story });
    await engine!.run("model", "story", null);
    await engine!.stop();
    // What a process leaves that was killed just after it took up somebody else's work.
    await query(`insert into unasked.workflow_status
      (workflow_uuid, status, name, queue_name, executor_id, application_version, application_name, serialization,
       authenticated_roles, recovery_attempts, priority)
      select 'waiting', 'ENQUEUED', name, '_dbos_internal_queue', 'gone', application_version, application_name,
       serialization, authenticated_roles, 0, 0 from unasked.workflow_status where workflow_uuid = 'model'`);
    await query(`insert into unasked.workflow_input select 'waiting', inputs from unasked.workflow_input`);
    await open("unasked", { story });
    for (let owner: unknown; owner !== `${process.pid}-${opened}`; await sleep(20)) {
      const [row] = await query(`select executor_id from unasked.workflow_status where workflow_uuid = 'waiting'`);
      owner = row?.executor_id;
    }
    await sleep(50);
    expect(runs).toEqual(["ran"]);
    expect(await engine!.unfinished()).toEqual([{ id: "waiting", status: "running", version: "1" }]);
    expect(await engine!.run("waiting", "story", null)).toBe(2);
  });
});

describe("opening the durable engine", () => {
  test("twice in one process is refused, and works again after the first was stopped", async () => {
    await open("twice", {});
    const again = openDbosEngine({ url: postgres.url, schema: "other", version: "1", stories: {}, executorId: "x" });
    expect((await caught(again)).code).toBe("engine_open");
    await engine!.stop();
    await open("other", {});
  });

  test("says what is wrong with the database without its password, and may be tried again", async () => {
    const options = { schema: "s", version: "1", stories: {}, executorId: "x" };
    const error = await caught(openDbosEngine({ ...options, url: "postgres://me:geheim@127.0.0.1:1/nowhere" }));
    expect(error.code).toBe("engine_unavailable");
    expect(JSON.stringify([error.message, error.hint])).not.toContain("geheim");
    expect((await caught(openDbosEngine({ ...options, url: postgres.url, schema: 'a"b' }))).code).toBe(
      "engine_schema_invalid",
    );
    await open("after_error", {});
  });

  test("lets go of a step that the database has no room for, and does it again at the next start", async () => {
    const asked = gate();
    const schema = "no_room";
    let runs = 0;
    const stories: Readonly<Record<string, Story>> = { one: (steps) => steps.run("step", async () => (runs += 1)) };
    engine = await openDbosEngine({
      ...{ url: postgres.url, schema, version: "1", stories, executorId: "no-room", stopWithinMs: 10_000 },
      log: (level, text) => void (level === "warn" && text.includes("no room") && asked.open()),
    });
    await query(`create function ${schema}.refuse() returns trigger language plpgsql
                 as $$ begin raise exception 'no room' using errcode = '53100'; end $$`);
    await query(
      `create trigger refuse before insert on ${schema}.operation_outputs execute function ${schema}.refuse()`,
    );
    const run = engine.run("r/A/1", "one", null);
    const stopped = asked.opened.then(() => engine?.stop());
    await expect(run).rejects.toThrow(Stopped);
    await stopped;

    await query(`drop trigger refuse on ${schema}.operation_outputs`);
    await open(schema, stories);
    expect(await engine.run("r/A/1", "one", null)).toBe(2);
  });

  test("tells its log what DBOS has to say", async () => {
    const lines: string[] = [];
    const log = (level: string, text: string): void => void lines.push(`${level} ${text}`);
    engine = await openDbosEngine({
      url: postgres.url,
      schema: "logged",
      version: "1",
      stories: {},
      executorId: "x",
      log,
    });
    expect(lines.some((line) => line.startsWith("info "))).toBe(true);
  });
});
