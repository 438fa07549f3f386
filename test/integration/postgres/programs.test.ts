import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { cp, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findEmbedded, installEmbedded } from "../../../src/adapters/postgres/embedded.ts";
import { findPostgres } from "../../../src/adapters/postgres/find-postgres.ts";
import { preparePlace } from "../../../src/adapters/postgres/place.ts";
import { ensurePostgres } from "../../../src/adapters/postgres/private-server.ts";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
import { caught } from "../../support/caught.ts";
import { stateFolder } from "../../support/postgres.ts";

const [embedded] = findEmbedded();
let home: string;
beforeEach(() => {
  home = stateFolder();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** Programs that know their version and nothing else. */
function fakePrograms(folder: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["postgres", "initdb"]) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version} (Fake)"\n`, { mode: 0o755 });
  }
  return folder;
}

describe("finding PostgreSQL", () => {
  test("takes what is on PATH first, through links, and what the machine has after it", async () => {
    const real = fakePrograms(join(home, "opt/pg/bin"), "21.3");
    const bin = join(home, "bin");
    mkdirSync(bin);
    for (const name of ["postgres", "initdb"]) symlinkSync(join(real, name), join(bin, name));
    const [first, ...others] = await findPostgres({ PATH: `/nowhere:relative:${bin}` });
    expect(first).toEqual({ folder: real, version: "21.3", major: "21", source: "system" });
    expect(others.every(({ folder }) => folder !== real)).toBe(true);
  });

  test("skips a folder with one of the two programs, and programs that do not run here", async () => {
    const half = fakePrograms(join(home, "half"), "21.3");
    await rm(join(half, "initdb"));
    const broken = fakePrograms(join(home, "broken"), "21.3");
    writeFileSync(join(broken, "postgres"), "#!/no/such/loader\n");
    const found = await findPostgres({ PATH: `${half}:${broken}`, DISPATCH_POSTGRES: "system" });
    expect(found.filter(({ folder }) => folder.startsWith(home))).toEqual([]);
  });

  test("is narrowed down by DISPATCH_POSTGRES", async () => {
    const folder = dirname(fakePrograms(join(home, "pg/bin"), "21.3"));
    expect(await findPostgres({ DISPATCH_POSTGRES: folder })).toMatchObject([{ version: "21.3" }]);
    expect(await findPostgres({ DISPATCH_POSTGRES: home })).toEqual([]);
    const sources = async (choice: string): Promise<ReadonlySet<string>> =>
      new Set((await findPostgres({ ...process.env, DISPATCH_POSTGRES: choice })).map(({ source }) => source));
    expect(await sources("system")).not.toContain("embedded");
    expect(await sources("embedded")).not.toContain("system");
    expect(await caught(findPostgres({ DISPATCH_POSTGRES: "sytem" }))).toMatchObject({
      code: "postgres_choice_invalid",
      exit: 2,
    });
  });
});

describe.runIf(embedded !== undefined)("the programs of the npm package", () => {
  test("run a server where the machine has none", async () => {
    vi.stubEnv("DISPATCH_POSTGRES", "embedded");
    for (const _ of ["installs", "uses what is installed"]) {
      await using lease = await ensurePostgres({ home, name: "embedded" });
      const client = new Client({ connectionString: lease.url });
      await client.connect();
      const { rows } = await client.query<{ data_directory: string }>("show data_directory");
      expect(rows[0]!.data_directory).toBe(join(home, "postgres/data"));
      await client.end();
    }
    expect((await readdir(join(home, "postgres"))).filter((name) => name.startsWith("programs-"))).toHaveLength(1);
  });

  test("are installed from a folder that is closed to their user and lacks the links of the install script", async () => {
    const native = join(home, "package/native");
    await cp(dirname(embedded!), native, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => !lstatSync(from).isSymbolicLink(),
    });
    chmodSync(join(home, "package"), 0o700);
    const place = await preparePlace(home);
    mkdirSync(join(place.root, "programs-1.0"));
    const bin = await installEmbedded(place, join(native, "bin"), "9.9");
    expect(lstatSync(join(bin, "../lib/libpq.so.5")).isSymbolicLink()).toBe(true);
    expect(await readdir(place.root)).toEqual(["programs-9.9"]);
    const asked = await runCommand({
      file: join(bin, "initdb"),
      args: ["--version"],
      cwd: "/",
      env: {},
      timeoutMs: 10_000,
    });
    expect(asked).toMatchObject({ exitCode: 0 });
  });
});
