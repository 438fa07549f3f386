import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { StatusReport } from "../../src/dispatch/status.ts";
import { json, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";

const held = useHeldHome();
const SAVED = "refs/dispatch/salvage/one/1";

const statusOf = async (there: Site): Promise<StatusReport["tasks"][number] | undefined> =>
  (json(await there.dispatch("--json", "status")) as StatusReport).tasks[0];

it("what an agent wrote long before a kill -9 is saved, said, and what a retry can begin with", SLOW, async () => {
  await using there = await site({
    home: held.path,
    backlog: "- [ ] One <!-- id: one -->\n",
    reviewer: null,
    config: { limits: { autosave: "200ms" }, attempts: 1 },
    coder: `if [ -e "$OUT/go" ]; then echo "more" > more.txt; cp "$DISPATCH_INPUT" "$OUT/input.json"; exit 0; fi
echo "an hour's work" > work.txt
tell here $$
wait_for go`,
  });
  const run = there.start("run");
  await there.out("here");
  await run.said(new RegExp(`^one {2}unfinished work saved as ${SAVED}$`, "m"));
  run.signal("SIGKILL");
  await run.ended;
  // Nothing of ours has run since, and the worktree is lost with the disk that it was on.
  await rm(join(there.repo.dir, ".work"), { recursive: true });
  expect(await there.repo.git("show", `${SAVED}:work.txt`)).toBe("an hour's work");

  expect((await there.dispatch("logs", "one")).stderr).toContain(`unfinished work is saved as ${SAVED}`);
  await there.dispatch("cancel", "one");
  const status = await statusOf(there);
  expect(status).toMatchObject({ state: "cancelled", saved: SAVED });
  expect(status?.waitingFor).toContain(`(${SAVED}): dispatch retry one --salvage`);
  const plain = await there.dispatch("retry", "one", "--no-input");
  expect(plain.stderr).toContain("to begin with it: dispatch retry one --salvage");
  expect(json(await there.dispatch("--json", "retry", "one", "--salvage"))).toMatchObject({ saved: SAVED });
  await there.allow("go");
  expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human" } });
  expect(json({ code: 0, stdout: await there.out("input.json"), stderr: "" })).toMatchObject({ saved: SAVED });
  const { branch } = (await statusOf(there)) ?? {};
  expect(await there.repo.git("diff", "--name-only", `main...${branch}`)).toBe("more.txt\nwork.txt");
  await there.dispatch("approve", "one");
  expect(await there.dispatch("merge", "one")).toMatchObject({ code: 0 });
  // Of a task that is merged nobody needs what a crash cut short.
  expect(await there.repo.git("for-each-ref", "refs/dispatch/salvage/one")).toBe("");
});

it("refuses to begin with saved work where there is none, or where no coder begins", SLOW, async () => {
  await using there = await site({
    home: held.path,
    backlog: "- [ ] Two <!-- id: two -->\n",
    reviewer: null,
    coder: "exit 3",
  });
  expect(await there.run()).toMatchObject({ code: 3 });
  expect(await there.dispatch("retry", "two", "--salvage")).toMatchObject({ code: 1 });
  expect(await there.dispatch("retry", "two", "--salvage", "--from", "test")).toMatchObject({ code: 2 });
});

it(
  "an agent that reaches a limit waits until it ends and uses up no attempt; money that is spent ends with 5",
  SLOW,
  async () => {
    await using there = await site({
      home: held.path,
      backlog: "- [ ] Three <!-- id: three -->\n- [ ] Four <!-- id: four -->\n",
      reviewer: null,
      config: { attempts: 1, jobs: 1 },
      coder: `echo "$id" >> "$id.txt"
if [ "$id" = three ] && [ ! -e "$OUT/go" ]; then echo '{"retryAt":"2999-01-01T00:00:00+01:00"}' > "$DISPATCH_RESULT"; exit 1; fi
echo '{"costUsd":2}' > "$DISPATCH_RESULT"`,
    });
    const limited = await there.run();
    expect(limited).toMatchObject({ code: 75, states: { three: "parked", four: "parked" } });
    expect(limited.tasks["four"]?.reason).toContain("coder was not started");
    expect(limited.tasks["three"]).toMatchObject({
      wakeAt: "2998-12-31T23:00:00.000Z",
      reason: expect.stringMatching(/^rate_limited: .* saved as refs\/dispatch\/salvage\/three\/1$/) as string,
    });
    await there.allow("go");
    expect(await there.run()).toMatchObject({ code: 75, states: { three: "parked", four: "parked" } });
    // A human knows better than what it said then.
    for (const id of ["three", "four"]) expect(await there.dispatch("retry", id)).toMatchObject({ code: 0 });
    expect(await there.run()).toMatchObject({ states: { three: "ready-for-human", four: "ready-for-human" } });
    await there.repo.write({ "BACKLOG.md": "- [ ] Five <!-- id: five -->\n- [ ] Six <!-- id: six -->\n" });
    const spent = await there.run("--budget", "1");
    expect(spent).toMatchObject({ code: 5, states: { five: "ready-for-human", six: "parked" } });
    expect(await there.dispatch("run", "--budget", "none")).toMatchObject({ code: 2 });
  },
);
