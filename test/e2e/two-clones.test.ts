import { join } from "node:path";
import { expect, it } from "vitest";
import type { StatusReport } from "../../src/dispatch/status.ts";
import type { PullRequest } from "../../src/ports/forge.ts";
import { json, site, SLOW, useHeldHome } from "../support/e2e.ts";

const home = useHeldHome();

it("two clones of one origin never work the same task, and share what came of it", SLOW, async () => {
  await using there = await site({
    home: home.path,
    backlog: "- [ ] Add A <!-- id: A -->\n- [ ] Add B <!-- id: B -->\n",
    coder: 'echo "$id" > "$id.txt"; tell "working-$id" 1; [ "$id" = B ] || wait_for go',
  });
  const second = join(there.repo.temp, "second");
  await there.repo.gitIn(there.repo.temp, "clone", "-q", there.repo.origin ?? "", second);
  const elsewhere = { cwd: second, env: { DISPATCH_HOME: home.path } };
  const states = async (): Promise<unknown> => {
    const { tasks } = json(await there.dispatchWith(elsewhere, "--json", "status")) as StatusReport;
    return tasks.map(({ id, state, waitingFor }) => `${id} ${state} ${waitingFor?.replace(/ .*/, "") ?? ""}`);
  };

  const first = there.start("run", "A");
  await there.out("working-A");
  expect((await there.dispatchWith(elsewhere, "run")).code).toBe(0);
  expect(await states()).toEqual(["A blocked claimed", "B ready-for-human your"]);
  await there.allow("go");
  expect((await first.ended).code).toBe(0);

  expect((await there.dispatchWith(elsewhere, "run")).code).toBe(0);
  expect(await states()).toEqual(["A ready-for-human your", "B ready-for-human your"]);
  const all = json(await there.dispatch("--json", "pr", "list")) as readonly PullRequest[];
  expect(all.map(({ task, state }) => `${task} ${state}`).toSorted()).toEqual(["A open", "B open"]);
  expect((await there.starts()).filter((one) => one.startsWith("coder"))).toHaveLength(2);
  // What the other clone made can be sent back from here, and goes on where it stood.
  expect((await there.dispatchWith(elsewhere, "reject", "A", "-m", "say more")).code).toBe(0);
  await there.coder('echo "$id, more" >> "$id.txt"');
  expect((await there.dispatchWith(elsewhere, "run")).code).toBe(0);
  expect(await states()).toEqual(["A ready-for-human your", "B ready-for-human your"]);
  expect(await there.repo.gitIn(there.repo.origin ?? "", "show", "dispatch/a--add-a:A.txt")).toBe("A\nA, more");
  expect(Object.keys(await there.repo.refs(there.repo.origin ?? "")).filter((ref) => ref.includes("/claims/"))).toEqual(
    [],
  );
});
