import { execFileSync } from "node:child_process";
import { readFile, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/dispatch/status.ts";
import { freshHome, json, processesLeft, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ONE = "- [ ] One <!-- id: one -->\n";
const TWO = "- [ ] Two <!-- id: two -->\n";

/** Says that it is there, then works on when it may. */
const WAITS = 'echo "$id" > "$id.txt"; tell "$id.here" yes; wait_for go';

const states = async (there: Site): Promise<Readonly<Record<string, string>>> => {
  const { tasks } = json(await there.dispatch("--json", "status")) as StatusReport;
  return Object.fromEntries(tasks.map(({ id, state }) => [id, state]));
};

describe("when origin goes away while agents work", () => {
  const home = useHeldHome();

  it("the run says so, no task fails, and the next run has nothing left to do but publish", SLOW, async () => {
    await using there = await site({ home: home.path, backlog: ONE + TWO, coder: WAITS });
    const origin = there.repo.origin ?? "";
    const run = there.start("run");
    await Promise.all([there.out("one.here"), there.out("two.here")]);
    await rename(origin, `${origin}.away`);
    await there.allow("go");
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*does not appear to be a git repository/m);

    const status = await there.dispatch("--json", "status");
    expect(status.code).toBe(0);
    expect(await states(there)).toEqual({ one: "publishing", two: "publishing" });

    await rename(`${origin}.away`, origin);
    const before = await there.starts();
    expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human", two: "ready-for-human" } });
    expect(await there.starts()).toEqual(before);
  });
});

describe("when the private PostgreSQL is killed while an agent works", () => {
  it("the run ends, nothing of it is left, and the next run goes on", SLOW, async () => {
    const home = freshHome();
    await using there = await site({ home, backlog: ONE, coder: WAITS });
    const run = there.start("run");
    await there.out("one.here");
    const data = await realpath(join(home, "postgres/data"));
    const [pid = ""] = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGQUIT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: The private PostgreSQL went away/m);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    expect(await there.flags()).toEqual([]);

    await there.allow("go");
    expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human" } });
    expect(await there.repo.git("show", "refs/dispatch/salvage/one/1:one.txt")).toBe("one");
  });
});

describe("run --watch", () => {
  const home = useHeldHome();

  it(
    "takes up what is added, bears a backlog that is broken for a while, and ends by TERM with 143",
    SLOW,
    async () => {
      await using there = await site({ home: home.path, backlog: ONE });
      const run = there.start("run", "--watch");
      await run.said(/^one {2}waits for your approval$/m);
      await there.repo.write({ "BACKLOG.md": `${ONE}${ONE}` });
      await run.said(/^BACKLOG\.md:2: the same id .*looking again/m);
      await there.repo.write({ "BACKLOG.md": `${ONE}${TWO}` });
      await run.said(/^two {2}waits for your approval$/m);
      run.signal("SIGTERM");
      expect(await run.ended).toMatchObject({ code: 143 });
      expect(await there.flags()).toEqual([]);
    },
  );
});

const isRoot = process.getuid?.() === 0;

/** Only root can make a small disk; elsewhere this is reported as skipped. */
describe.skipIf(!isRoot)("when the disk is full (as root only: it mounts a small one)", () => {
  const disks: string[] = [];
  afterEach(() => {
    for (const disk of disks.splice(0)) execFileSync("umount", ["-l", disk]);
  });

  it("the run stops cleanly, no task fails, and when there is space again the next run finishes", SLOW, async () => {
    const disk = temporaryFolder("small-disk");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=120m,mode=755", "tmpfs", disk]);
    disks.push(disk);
    const home = join(disk, "home");
    const filler = join(disk, "filler");
    await using there = await site({
      home,
      backlog: ONE + TWO,
      coder: `echo "$id" > "$id.txt"
if [ "$id" = one ] && [ ! -e "$OUT/go" ]; then head -c 200000000 /dev/zero > '${filler}' || true; fi`,
    });
    const { code, stderr } = await there.dispatch("run");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*disk.* full/im);
    expect(stderr).toContain("next  Free some space, then: dispatch run");
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    expect(await there.flags()).toEqual([]);

    await rm(filler);
    await there.allow("go");
    expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human", two: "ready-for-human" } });
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });
});
