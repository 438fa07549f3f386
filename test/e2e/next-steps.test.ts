import { afterAll, beforeAll, expect, it } from "vitest";
import { site, SLOW, useHeldHome, type Finished, type Site } from "../support/e2e.ts";

const home = useHeldHome();

const BACKLOG = `
- [ ] Greet <!-- id: A -->
- [ ] Touch what is protected <!-- id: P -->
- [ ] Build on it <!-- id: B after: P -->
`;

const CODER = `
case $id in
  P) mkdir -p .github; echo "on: push" > .github/ci.yml ;;
  *) echo "$id" > "$id.txt" ;;
esac
`;

let there: Site;
let first: Finished;

beforeAll(async () => {
  there = await site({ home: home.path, backlog: BACKLOG, coder: CODER, reviewer: null });
  first = await there.run();
  expect(first.states).toEqual({ A: "ready-for-human", P: "needs-human", B: "blocked" });
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

const refused = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await there.dispatch(...words);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  return stderr;
};

it("review names what needs a human and has no pull request, with what to type", SLOW, async () => {
  const { stdout, stderr } = await there.dispatch("review");
  const [row, stopped] = stdout.trimEnd().split("\n");
  expect(row).toMatch(/^#\d+ +A /);
  expect(stopped).toMatch(/^P {2}you, policy: .*: dispatch diff P, then dispatch approve P --allow policy, or /);
  expect(stderr).toContain(`next  dispatch pr show ${first.tasks["A"]?.pr}, then dispatch approve A`);
});

it("a task of the backlog that never ran is not unknown", SLOW, async () => {
  for (const word of ["logs", "retry", "open"]) {
    const says = await refused(word, "B");
    expect(says).toContain("B is in the backlog and has not been started: it waits for P, which needs a human");
    expect(says).toContain("next  dispatch status");
  }
});

it("the number of a pull request in the place of a task's id is told whose it is", SLOW, async () => {
  const says = await refused("approve", String(first.tasks["A"]?.pr));
  expect(says).toContain(`next  #${first.tasks["A"]?.pr} is A; else: dispatch status`);
});

it("open of what was merged, or is away, says so and names what works", SLOW, async () => {
  await there.dispatch("approve", "A");
  expect(await there.dispatch("merge", "A")).toMatchObject({ code: 0 });
  const merged = await refused("open", "A");
  expect(merged).toContain("A has neither worktree nor branch here: it is merged\n  next  dispatch diff A\n");
  expect((await there.dispatch("diff", "A")).stdout).toContain("+A");

  await there.dispatch("cancel", "P");
  await there.dispatch("clean", "--force");
  const cancelled = await refused("open", "P");
  expect(cancelled).toContain("P has neither worktree nor branch here: it is cancelled");
  expect(cancelled).toMatch(/dispatch retry P\n$/);
});

it("cost does not deny the turns of agents that cost nothing", SLOW, async () => {
  await there.repo.write({ "dispatch.jsonc": '{ "agents": { "coder": { "role": "coder", "engine": "replay" } } }' });
  expect((await there.dispatch("cost")).stderr).toContain("no turn of an agent that has a model has ended yet");
  const { stderr } = await there.dispatch("cost", "--days", "3");
  expect(stderr).toContain("no turn of an agent that has a model has ended in the last 3 days");
});
