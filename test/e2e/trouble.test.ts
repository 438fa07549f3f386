import { execFileSync } from "node:child_process";
import { readFile, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/dispatch/status.ts";
import { freshHome, json, processesLeft, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const held = useHeldHome();

const ONE = "- [ ] One <!-- id: one -->\n";
const TWO = "- [ ] Two <!-- id: two -->\n";

/** Says that it is there, then works on when it may. */
const WAITS = 'echo "$id" > "$id.txt"; tell "$id.here" yes; wait_for go';

const states = async (there: Site): Promise<Readonly<Record<string, string>>> => {
  const { tasks } = json(await there.dispatch("--json", "status")) as StatusReport;
  return Object.fromEntries(tasks.map(({ id, state }) => [id, state]));
};

/** A disk of this size that is gone after the test; null where even root may not mount one. */
function smallDisk(size: string, onTestFinished: (undo: () => void) => void): string | null {
  const disk = temporaryFolder("small-disk");
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", disk], { stdio: "ignore" });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", disk]));
  return disk;
}

// Beside each other: most of the time they wait.
describe.concurrent("dispatch run", () => {
  it("says so when origin goes away while agents work: no task fails, the next run only publishes", SLOW, async () => {
    await using there = await site({ home: held.path, backlog: ONE + TWO, coder: WAITS });
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

  it("ends when the private PostgreSQL is killed while an agent works, and the next one goes on", SLOW, async () => {
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
    expect(stderr).not.toMatch(/^ +at /m);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    expect(await there.flags()).toEqual([]);

    await there.allow("go");
    expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human" } });
    expect(await there.repo.git("show", "refs/dispatch/salvage/one/1:one.txt")).toBe("one");
  });

  it("with --watch bears a backlog that is broken for a while, and ends by TERM with 143", SLOW, async () => {
    await using there = await site({ home: held.path, backlog: ONE });
    const run = there.start("run", "--watch");
    await run.said(/^one {2}waits for your approval$/m);
    await there.repo.write({ "BACKLOG.md": `${ONE}${ONE}${ONE}` });
    await run.said(/^BACKLOG\.md:2: .* \(and 1 more; looking again/m);
    await there.repo.write({ "BACKLOG.md": `${ONE}${TWO}` });
    await run.said(/^two {2}waits for your approval$/m);
    run.signal("SIGTERM");
    const { code, stderr } = await run.ended;
    expect(code).toBe(143);
    expect(stderr.match(/looking again/g)).toHaveLength(1);
    expect(await there.flags()).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "stops when the disk is full before anything is lost, and the next one finishes (only root can make a small disk)",
    SLOW,
    async ({ onTestFinished, skip }) => {
      const disk = smallDisk("120m", onTestFinished) ?? skip("mount is refused here");
      const home = join(disk, "home");
      const filler = join(disk, "filler");
      await using there = await site({
        home,
        backlog: ONE + TWO,
        coder: `echo "$id" > "$id.txt"
if [ "$id" = one ] && [ ! -e "$OUT/go" ]; then head -c 200000000 /dev/zero > '${filler}' || true; fi`,
      });
      const { code, stderr } = await there.dispatch("run");
      expect(code).toBe(75);
      expect(stderr).toMatch(/^error: .*disk.* full/im);
      expect(stderr).toContain(disk);
      expect(stderr).toMatch(/^ {2}next {2}free some space/im);
      expect(await processesLeft([home, there.repo.temp])).toEqual([]);
      expect(await there.flags()).toEqual([]);

      await rm(filler);
      await there.allow("go");
      expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human", two: "ready-for-human" } });
      expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    },
  );
});
