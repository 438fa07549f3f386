import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunResult } from "../../src/dispatch/report.ts";
import type { StatusReport } from "../../src/dispatch/status.ts";
import type { PullRequest } from "../../src/ports/forge.ts";
import { json, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";
import { useTestPostgres } from "../support/postgres.ts";

const home = useHeldHome();
const postgres = useTestPostgres();

/** The desk of the run, and clones that share nothing with it but origin and the database. */
async function hosts(there: Site, ...names: readonly string[]) {
  const env = { DISPATCH_DATABASE_URL: postgres.url };
  for (const name of names)
    await there.repo.gitIn(there.repo.temp, "clone", "-q", there.repo.origin ?? "", join(there.repo.temp, name));
  return {
    desk: (...args: readonly string[]) => there.dispatchWith({ env }, ...args),
    worker: (name: string, ...args: readonly string[]) =>
      there.startWith(
        { cwd: join(there.repo.temp, name), env: { ...env, DISPATCH_HOME: join(there.repo.temp, `home-${name}`) } },
        "worker",
        ...args,
      ),
  };
}

it(
  "hands the work from host to host over origin: one has coders, another reviewers, the run only offers",
  SLOW,
  async () => {
    await using there = await site({
      home: home.path,
      backlog: "- [ ] Add A <!-- id: A skills: python -->\n- [ ] Add B <!-- id: B -->\n",
      coder: 'echo "$id, round $DISPATCH_ROUND" >> "$id.txt"',
      reviewer: 'if [ "$DISPATCH_ROUND" = 1 ]; then ask "say it twice"; else approve; fi',
    });
    const { desk, worker } = await hosts(there, "one", "two");
    const offered = await desk("--json", "run", "--no-work");
    expect(offered.code).toBe(0);
    const last = JSON.parse(offered.stdout.trim().split("\n").at(-1) ?? "") as RunResult;
    expect(last.tasks.map(({ id, state }) => `${id} ${state}`)).toEqual(["A queued", "B queued"]);
    expect(await there.starts()).toEqual([]);

    const coders = worker("one", "--roles", "coder", "--skills", "python");
    const reviewers = worker("two", "--roles", "reviewer");
    await Promise.all([coders, reviewers].map(({ said }) => said(/this host takes/)));
    // Both walk episodes: either may be the one that publishes.
    for (const id of ["A", "B"]) await untilReady(desk, id);
    for (const one of [coders, reviewers]) {
      one.signal("SIGTERM");
      expect((await one.ended).code).toBe(143);
    }

    const all = json(await desk("--json", "pr", "list")) as readonly PullRequest[];
    expect(all.map(({ task, state }) => `${task} ${state}`).toSorted()).toEqual(["A open", "B open"]);
    expect((await there.starts()).toSorted()).toEqual(
      ["A", "B"]
        .flatMap((id) => [1, 2].flatMap((round) => [`coder ${id} ${round} 1`, `reviewer ${id} ${round} 1`]))
        .toSorted(),
    );
    const origin = there.repo.origin ?? "";
    expect(await there.repo.gitIn(origin, "show", "dispatch/a--add-a:A.txt")).toBe("A, round 1\nA, round 2");
    const left = Object.keys(await there.repo.refs(origin)).filter((ref) => /\/(?:claims|handover)\//.test(ref));
    expect(left).toEqual([]);
    // What was sent back is made on by whoever runs next, from where the others left it.
    expect((await desk("reject", "A", "-m", "once more")).code).toBe(0);
    await there.coder('echo "$id, asked by a human" >> "$id.txt"');
    expect((await desk("run")).code).toBe(0);
    expect(await there.repo.gitIn(origin, "show", "dispatch/a--add-a:A.txt")).toBe(
      "A, round 1\nA, round 2\nA, asked by a human",
    );
  },
);

it("stops an agent on another host when its task is cancelled here", SLOW, async () => {
  await using there = await site({
    home: home.path,
    backlog: "- [ ] Add A <!-- id: A -->\n- [ ] Add B <!-- id: B -->\n",
    coder:
      'trap "tell stopped-$id 1; exit 1" TERM; tell "working-$id" 1; [ "$id" = B ] || wait_for go; echo "$id" > "$id.txt"',
  });
  const { desk, worker } = await hosts(there, "far");
  expect((await desk("run", "--no-work")).code).toBe(0);
  const far = worker("far");
  await Promise.all([there.out("working-A"), untilReady(desk, "B")]);
  expect((await desk("cancel", "A")).code).toBe(0);
  await there.out("stopped-A");
  // Nobody takes it up, and nothing of it was published.
  far.signal("SIGTERM");
  expect((await far.ended).code).toBe(143);
  expect((await there.starts()).filter((start) => start.startsWith("coder A"))).toHaveLength(1);
  const refs = Object.keys(await there.repo.refs(there.repo.origin ?? ""));
  expect(refs.filter((ref) => ref.startsWith("refs/heads/dispatch/") || ref.includes("/claims/"))).toEqual([
    "refs/heads/dispatch/b--add-b",
  ]);
});

it("tells what broke on another host, although nobody waits for it", SLOW, async () => {
  await using there = await site({ home: home.path, backlog: "- [ ] Add A <!-- id: A -->\n" });
  const { desk, worker } = await hosts(there, "far");
  await there.repo.gitIn(join(there.repo.temp, "far"), "checkout", "-q", "-b", "dispatch/a--add-a");
  expect((await desk("run", "--no-work")).code).toBe(0);
  const far = worker("far");
  for (let state = "queued"; state !== "failed";) {
    const [task] = (json(await desk("--json", "status")) as StatusReport).tasks;
    state = task?.state ?? state;
    if (state === "failed") expect(task?.reason).toMatch(/^crashed: .*is checked out in/);
  }
  far.signal("SIGTERM");
  expect((await far.ended).code).toBe(143);
});

it("needs the database that the others use, and says so", SLOW, async () => {
  await using there = await site({ home: home.path, backlog: "- [ ] Add A <!-- id: A -->\n" });
  for (const args of [["worker"], ["run", "--no-work"]]) {
    const { code, stderr } = await there.dispatch(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`${args.join(" ")} needs the database that the other hosts use`);
  }
  expect((await there.dispatch("worker", "--roles", "captain")).code).toBe(2);
});

async function untilReady(
  desk: (...args: readonly string[]) => ReturnType<Site["dispatch"]>,
  id: string,
): Promise<void> {
  for (;;) {
    const { tasks } = json(await desk("--json", "status")) as StatusReport;
    const state = tasks.find((task) => task.id === id)?.state;
    if (state === "ready-for-human") return;
    if (state === "failed" || state === "needs-human") throw new Error(`${id} is ${state}`);
  }
}
