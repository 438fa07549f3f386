import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/dispatch/status.ts";
import type { PullRequest } from "../../src/ports/forge.ts";
import { freshHome, json, processesLeft, site, SLOW, until, type Site } from "../support/e2e.ts";
import { isRunning } from "../support/process-probes.ts";

/** Which start of this role for this task it is, in `$nth`; then its pid is told as `<role>-<task>.<nth>`. */
const SAY_PID = `
nth=$(grep -c "^$DISPATCH_ROLE $id " "$OUT/starts")
here() { tell "$DISPATCH_ROLE-$id.$nth" $$; }
`;

async function pullRequests(there: Site): Promise<readonly string[]> {
  const all = json(await there.dispatch("--json", "pr", "list")) as readonly PullRequest[];
  return all.map(({ task, state }) => `${task} ${state}`).toSorted();
}

const count = (starts: readonly string[], begin: string): number =>
  starts.filter((one) => one.startsWith(begin)).length;

describe("Ctrl-C while an agent works", () => {
  const home = freshHome();
  let there: Site;

  beforeAll(async () => {
    there = await site({
      home,
      backlog: "- [ ] Quick <!-- id: quick -->\n- [ ] Slow <!-- id: slow -->\n",
      coder: `${SAY_PID}
if [ -e "$OUT/stubborn" ]; then trap 'tell asked TERM' TERM; fi
echo "$id, start $nth" > "$id.txt"
here
[ "$id" = quick ] || wait_for go`,
    });
  });
  afterAll(() => there[Symbol.asyncDispose]());

  it("(the process alone) ends with 130, the work saved, and nothing of ours left", SLOW, async () => {
    const run = there.start("run");
    const agent = Number(await there.out("coder-slow.1"));
    await run.said(/^quick {2}waits for your approval$/m);
    expect(await there.flags()).toHaveLength(2);
    run.signal("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130, stdout: "" });
    expect(isRunning(agent)).toBe(false);
    expect(await there.flags()).toEqual([]);
    expect(await there.repo.git("show", "refs/dispatch/salvage/slow/1:slow.txt")).toBe("slow, start 1");
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });

  it("(the whole foreground group, as a terminal does it) does the same", SLOW, async () => {
    const run = there.start("run");
    const agent = Number(await there.out("coder-slow.2"));
    run.signal("SIGINT", "group");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("slow  coder was interrupted and starts again");
    expect(isRunning(agent)).toBe(false);
    expect(await there.flags()).toEqual([]);
    expect(await there.repo.git("show", "refs/dispatch/salvage/slow/2:slow.txt")).toBe("slow, start 2");
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });

  it("(twice) does not wait for an agent that will not go, and takes it along", SLOW, async () => {
    await there.allow("stubborn");
    const run = there.start("run");
    const agent = Number(await there.out("coder-slow.3"));
    run.signal("SIGINT");
    expect(await there.out("asked")).toBe("TERM");
    run.signal("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130 });
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    expect(isRunning(agent)).toBe(false);
  });

  it("the next run finishes, repeats nothing that was finished, and opens no second pull request", SLOW, async () => {
    await there.allow("go");
    const run = await there.run();
    expect(run).toMatchObject({ code: 0, states: { quick: "ready-for-human", slow: "ready-for-human" } });
    expect(count(await there.starts(), "coder quick")).toBe(1);
    expect(count(await there.starts(), "reviewer quick")).toBe(1);
    expect(run.tasks["slow"]).toMatchObject({ rounds: 1, reason: null });
    expect(await pullRequests(there)).toEqual(["quick open", "slow open"]);
    expect(await there.repo.git("show", "refs/dispatch/salvage/slow/3:slow.txt")).toBe("slow, start 3");
    expect(await there.flags()).toEqual([]);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });
});

describe("kill -9 of the dispatcher", () => {
  const home = freshHome();
  let there: Site;
  let agents: readonly number[];

  beforeAll(async () => {
    there = await site({
      home,
      backlog: "- [ ] Done <!-- id: done -->\n- [ ] Seen <!-- id: seen -->\n- [ ] Half <!-- id: half -->\n",
      coder: `${SAY_PID}
echo "$id, start $nth" > "$id.txt"
if [ "$id" = half ] && [ ! -e "$OUT/go" ]; then
  setsid sh -c 'echo $$ > "$0/daemon.part"; mv "$0/daemon.part" "$0/daemon"; exec sleep 600' "$OUT" &
  here; wait_for go
fi`,
      reviewer: `${SAY_PID}
here
[ "$id" = done ] || wait_for go
approve`,
    });
    const run = there.start("run");
    agents = (await Promise.all([there.out("coder-half.1"), there.out("daemon"), there.out("reviewer-seen.1")])).map(
      Number,
    );
    await run.said(/^done {2}waits for your approval$/m);
    run.signal("SIGKILL");
    await run.ended;
  }, SLOW.timeout);
  afterAll(() => there[Symbol.asyncDispose]());

  it("leaves agents behind, which the next command ends, whatever it is", SLOW, async () => {
    expect(agents.map(isRunning)).toEqual([true, true, true]);
    const { tasks } = json(await there.dispatch("--json", "status")) as StatusReport;
    expect(agents.map(isRunning)).toEqual([false, false, false]);
    expect(tasks.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "done ready-for-human",
      "seen reviewing",
      "half coding",
    ]);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });

  it("is mended by the next run: finished steps are not repeated, one pull request for each task", SLOW, async () => {
    await there.allow("go");
    const run = await there.run();
    expect(run).toMatchObject({ code: 0 });
    expect(new Set(Object.values(run.states))).toEqual(new Set(["ready-for-human"]));
    expect((await there.starts()).toSorted()).toEqual([
      "coder done 1 1",
      "coder half 1 1",
      "coder half 1 1",
      "coder seen 1 1",
      "reviewer done 1 1",
      "reviewer half 1 1",
      "reviewer seen 1 1",
      "reviewer seen 1 1",
    ]);
    expect(await pullRequests(there)).toEqual(["done open", "half open", "seen open"]);
  });

  it("loses no work of an agent, and leaves no pause flag", async () => {
    expect(await there.repo.git("show", "refs/dispatch/salvage/half/1:half.txt")).toBe("half, start 1");
    expect(await there.flags()).toEqual([]);
  });
});

describe("beside a run", () => {
  const home = freshHome();

  it("others may look, cancel one task and listen to another, but not dispatch", SLOW, async () => {
    await using there = await site({
      home,
      backlog: "- [ ] Good <!-- id: good -->\n- [ ] Bad <!-- id: bad -->\n",
      coder: `${SAY_PID}
echo "$id" > "$id.txt"
echo "begins"
here
wait_for "$id"
echo "ends"`,
    });
    const run = there.start("--json", "run");
    const bad = Number(await there.out("coder-bad.1"));
    await there.out("coder-good.1");

    const second = await there.dispatch("run");
    expect(second).toMatchObject({ code: 7, stdout: "" });
    expect(second.stderr).toContain(`process ${run.pid} on `);
    expect((await there.dispatch("clean")).code).toBe(7);

    const listener = there.start("logs", "good", "-f");
    await listener.said(/^begins$/m);

    expect((await there.dispatch("cancel", "bad")).code).toBe(0);
    await until(() => !isRunning(bad));
    await there.allow("good");

    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('"type":"result"');
    const { tasks } = json(await there.dispatch("--json", "status")) as StatusReport;
    expect(tasks.map(({ id, state, pr }) => ({ id, state, pr }))).toEqual([
      { id: "good", state: "ready-for-human", pr: 1 },
      { id: "bad", state: "cancelled", pr: null },
    ]);
    expect(await there.repo.git("show", "refs/dispatch/salvage/bad/1:bad.txt")).toBe("bad");
    const heard = await listener.ended;
    expect(heard).toMatchObject({ code: 0, stdout: "begins\nends\n" });
    expect(await there.flags()).toEqual([]);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
  });
});
