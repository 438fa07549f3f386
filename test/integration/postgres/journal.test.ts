import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../../src/adapters/postgres/database.ts";
import { openJournal } from "../../../src/adapters/postgres/journal.ts";
import { fact, journalContract } from "../../contract/journal.contract.ts";
import { caught } from "../../support/caught.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();
let database: Database;
beforeAll(async () => {
  // Several at once migrate an empty database: one works, the others wait for it.
  const opened = await Promise.all(Array.from({ length: 5 }, () => openDatabase(postgres.url)));
  database = opened[0]!;
  await Promise.all(opened.slice(1).map((one) => one[Symbol.asyncDispose]()));
});
afterAll(() => database[Symbol.asyncDispose]());

journalContract("PostgreSQL", (repo) => openJournal(database, repo));

async function query(text: string, values: readonly string[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

describe("the database of the journal", () => {
  test("outlives its connections", async () => {
    await openJournal(database, "kept").append(fact("k"));
    await using again = await openDatabase(postgres.url);
    expect(await openJournal(again, "kept").read()).toEqual([fact("k")]);
  });

  test("never shows a later fact before an earlier one: who appends waits for who began before", async () => {
    const first = new Client({ connectionString: postgres.url });
    await first.connect();
    await first.query("begin");
    await first.query("select pg_advisory_xact_lock(7306, hashtext('visible'))");
    await first.query(`insert into dispatch.fact (repo, key, name, at, run, episode, data)
      values ('visible', 'first', 'task.cancelled', '2026-01-01T00:00:00Z', 'r', 0, '{}')`);
    const journal = openJournal(database, "visible");
    let appended = false;
    const second = journal.append(fact("second")).then(() => (appended = true));
    const waiting = "select 1 from pg_locks where locktype = 'advisory' and classid = 7306 and not granted";
    while (!appended && (await query(waiting)).length === 0) await sleep(5);
    expect(appended).toBe(false);
    expect(await journal.read()).toEqual([]);
    await first.query("commit");
    await first.end();
    await second;
    expect((await journal.read()).map(({ key }) => key)).toEqual(["first", "second"]);
  });

  test("gives facts whose names it does not know to whoever can use them", async () => {
    await openJournal(database, "newer").append(fact("k"));
    await query("update dispatch.fact set name = 'task.teleported' where repo = 'newer'");
    const [read] = await openJournal(database, "newer").read();
    expect(read).toEqual({ ...fact("k"), name: "task.teleported" });
  });

  test.each([
    [
      "whose words were changed",
      `update dispatch.fact set data = '{"by":"nobody"}' where repo = $1 and key = 'c'`,
      "c",
    ],
    ["that was taken out", `delete from dispatch.fact where repo = $1 and key = 'b'`, "c"],
    ["that was put in", `update dispatch.fact set repo = $1 where repo = 'put in' and key = 'x'`, "a"],
  ])("finds a fact %s", async (how, change, key) => {
    await openJournal(database, "put in").append(fact("x"));
    const journal = openJournal(database, how);
    for (const one of ["a", "b", "c", "d"]) await journal.append(fact(one));
    await query(change, [how]);
    expect((await journal.audit()).broken?.key).toBe(key);
  });

  test("is made while engines of other repositories make and drop tables of theirs", async () => {
    await query("create database churned");
    const url = new URL(postgres.url);
    url.pathname = "/churned";
    let isDone = false;
    const churn = async (name: string): Promise<void> => {
      const client = new Client({ connectionString: url.href });
      await client.connect();
      await client.query(`create schema ${name}`);
      while (!isDone) {
        await client.query(`create table ${name}.t (id serial)`);
        await client.query(`drop table ${name}.t`);
      }
      await client.end();
    };
    const churning = ["one", "two", "three"].map(churn);
    const admin = new Client({ connectionString: url.href });
    await admin.connect();
    try {
      for (let round = 0; round < 10; round += 1) {
        await using made = await openDatabase(url.href);
        expect(await openJournal(made, "r").read()).toEqual([]);
        await admin.query("drop schema dispatch cascade");
      }
    } finally {
      isDone = true;
      await Promise.all(churning);
      await admin.end();
    }
  });

  test("links what a version without links has stored", async () => {
    await query(`create database old`);
    const url = new URL(postgres.url);
    url.pathname = "/old";
    {
      await using first = await openDatabase(url.href);
      for (const one of ["a", "b"]) await openJournal(first, "r1").append(fact(one));
      await openJournal(first, "r2").append(fact("a"));
      await sql`drop trigger link on dispatch.fact`.execute(first.tables);
      await sql`drop function dispatch.link_new_fact`.execute(first.tables);
      await sql`drop function dispatch.link`.execute(first.tables);
      await sql`drop function dispatch.sized`.execute(first.tables);
      await sql`alter table dispatch.fact drop column hash`.execute(first.tables);
      await sql`drop table dispatch.host, dispatch.work, dispatch.config`.execute(first.tables);
      await sql`delete from dispatch.migration where name >= '0002'`.execute(first.tables);
    }
    await using again = await openDatabase(url.href);
    expect(await openJournal(again, "r1").audit()).toMatchObject({ mark: { facts: 2 }, broken: null });
    expect(await openJournal(again, "r2").audit()).toMatchObject({ mark: { facts: 1 }, broken: null });
  });

  test("is refused when a newer version has changed it, with the way out", async () => {
    await query(`insert into dispatch.migration (name, timestamp) values ('9999-later', '2040-01-01')`);
    try {
      const error = await caught(openDatabase(postgres.url));
      expect(error.code).toBe("database_newer");
      expect(error.hint).toContain("npm install dispatch-fleet");
    } finally {
      await query(`delete from dispatch.migration where name = '9999-later'`);
    }
  });

  test("says which one cannot be used, without the password", async () => {
    const error = await caught(openDatabase("postgres://me:geheim@127.0.0.1:1/nowhere"));
    expect(error.code).toBe("database_unusable");
    expect(error.message).toContain("127.0.0.1:1/nowhere");
    expect(JSON.stringify([error.message, error.hint, error.facts])).not.toContain("geheim");
  });
});
