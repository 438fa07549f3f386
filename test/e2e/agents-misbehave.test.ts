import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PullRequest } from "../../src/ports/forge.ts";
import { json, processesLeft, site, SLOW, useHeldHome, type Finished, type Site } from "../support/e2e.ts";
import { isRunning } from "../support/process-probes.ts";

const home = useHeldHome();

/** One task for each way in which an agent can behave badly, and two that behave well beside them. */
const BACKLOG = `
- [ ] Honest <!-- id: honest -->
- [ ] Nothing is done <!-- id: nothing -->
- [ ] Gives up half-way <!-- id: gives-up -->
- [ ] Deletes its worktree <!-- id: deletes -->
- [ ] Replaces its worktree <!-- id: replaces -->
- [ ] Commits elsewhere <!-- id: elsewhere -->
- [ ] Amends <!-- id: amends -->
- [ ] Goes back <!-- id: goes-back -->
- [ ] Starts a history of its own <!-- id: orphan -->
- [ ] Leaves a lock <!-- id: locks -->
- [ ] Never ends <!-- id: endless -->
- [ ] Says nothing <!-- id: silent -->
- [ ] Writes without end <!-- id: floods -->
- [ ] Leaves a child <!-- id: daemon -->
- [ ] Is not judged <!-- id: unjudged -->
- [ ] Is judged in other words <!-- id: mumbled -->
- [ ] Touches what is protected <!-- id: protected -->
`;

const CODER = `
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
save() { echo "$1" > "$id.txt"; git add -A; git commit -q -m "$1"; }
case $id in
  nothing) ;;
  gives-up) echo half > half.txt; exit 9 ;;
  deletes) rm -rf "$PWD" ;;
  replaces) here=$PWD; cd ..; rm -rf "$here"; mkdir "$here"; echo mine > "$here/mine.txt" ;;
  elsewhere) git switch -q -c mine; save elsewhere ;;
  amends) save first; echo amended > amended.txt; git add -A; git commit -q --amend -m other ;;
  goes-back) save first; git reset -q --soft HEAD~2 ;;
  orphan) git checkout -q --orphan alone; save alone ;;
  locks) echo locked > locked.txt; touch "$(git rev-parse --git-dir)/index.lock" ;;
  endless) while :; do echo working; sleep 0.2; done ;;
  silent) sleep 600 ;;
  floods) exec yes 0123456789abcdef0123456789abcdef0123456789abcdef ;;
  daemon) echo daemon > daemon.txt; setsid sh -c 'echo $$ > "$0/daemon.pid"; exec sleep 600' "$OUT" & while [ ! -s "$OUT/daemon.pid" ]; do sleep 0.02; done ;;
  protected) mkdir -p .github; echo "on: push" > .github/ci.yml ;;
  *) echo "$id" > "$id.txt" ;;
esac
`;

const REVIEWER = `
case $id in
  unjudged) ;;
  mumbled) echo '{"verdict":"looks good to me"}' > "$DISPATCH_RESULT" ;;
  *) approve ;;
esac
`;

let there: Site;
let done: Finished;

beforeAll(async () => {
  there = await site({
    home: home.path,
    backlog: BACKLOG,
    coder: CODER,
    reviewer: REVIEWER,
    config: { jobs: 16, attempts: 1, limits: { wall: "6s", idle: "3s", outputMb: 5 } },
  });
  done = await there.run();
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

/** What the task's branch on origin has that the base has not. */
async function published(id: string): Promise<Readonly<Record<string, string>>> {
  const { repo } = there;
  const origin = repo.origin ?? "";
  const branch = done.tasks[id]?.branch ?? "";
  const files = (await repo.gitIn(origin, "diff", "--name-only", "main", branch)).split("\n");
  const read = async (path: string) => [path, await repo.gitIn(origin, "show", `${branch}:${path}`)] as const;
  return Object.fromEntries(await Promise.all(files.map(read)));
}

async function logOf(id: string): Promise<string> {
  const files = await readdir(home.path, { recursive: true });
  return files.find((path) => path.includes(`/logs/${id}/`) && path.endsWith(".log")) ?? "";
}

/** What a user and origin see of a task. */
async function outcome(id: string): Promise<object> {
  const { state, pr, reason, branch } = done.tasks[id] ?? {};
  const refs = await there.repo.refs(there.repo.origin ?? "");
  return { state, pr, reason, isPublished: `refs/heads/${branch ?? ""}` in refs };
}

/** Failed, for this reason, and nobody outside has heard of it. */
const failedAs = (reason: RegExp): object => ({
  state: "failed",
  pr: null,
  reason: expect.stringMatching(reason) as unknown,
  isPublished: false,
});

describe("beside all that goes wrong", () => {
  it("the run ends with exit 3 and tells every task", () => {
    expect(done.code).toBe(3);
    expect(Object.keys(done.tasks)).toHaveLength(17);
  });

  it("an honest agent's work becomes a pull request with exactly its change", async () => {
    expect(done.states["honest"]).toBe("ready-for-human");
    expect(await published("honest")).toEqual({ "honest.txt": "honest" });
  });

  it("no pause flag, no agent and no reviewer's branch is left", async () => {
    expect(await there.flags()).toEqual([]);
    expect(await processesLeft([there.repo.temp])).toEqual([]);
    expect(Object.keys(await there.repo.refs()).filter((ref) => ref.includes("dispatch-review"))).toEqual([]);
  });
});

describe("an agent that", () => {
  it("exits with 0 without a change fails as no_change and gets no pull request", async () => {
    expect(await outcome("nothing")).toEqual(failedAs(/^no_change: /));
  });

  it("exits with another code after edits has its work saved on a ref and not published", async () => {
    expect(await outcome("gives-up")).toEqual(failedAs(/^exit_code: .* 9; .*refs\/dispatch\/salvage\/gives-up\/1/));
    expect(await there.repo.git("show", "refs/dispatch/salvage/gives-up/1:half.txt")).toBe("half");
  });

  it("deletes its worktree fails as worktree_gone", async () => {
    expect(await outcome("deletes")).toEqual(failedAs(/^worktree_gone: /));
  });

  it("puts a folder of its own in the place of its worktree fails as worktree_gone", async () => {
    expect(await outcome("replaces")).toEqual(failedAs(/^worktree_gone: /));
  });

  it("commits on another branch is taken at its files", async () => {
    expect(done.states["elsewhere"]).toBe("ready-for-human");
    expect(await published("elsewhere")).toEqual({ "elsewhere.txt": "elsewhere" });
  });

  it.each([
    ["amends", { "amends.txt": "first", "amended.txt": "amended" }],
    ["goes-back", { "goes-back.txt": "first" }],
    ["orphan", { "orphan.txt": "alone" }],
  ])("rewrites history (%s) gets one commit of ours on the base, with its files", async (id, files) => {
    expect(done.states[id]).toBe("ready-for-human");
    expect(await published(id)).toEqual(files);
    const branch = done.tasks[id]?.branch ?? "";
    expect(await there.repo.gitIn(there.repo.origin ?? "", "rev-list", "--count", `main..${branch}`)).toBe("1");
    expect(await there.repo.gitIn(there.repo.origin ?? "", "rev-parse", `${branch}^`)).toBe(
      await there.repo.commitId("main"),
    );
  });

  it("leaves index.lock in its worktree has its work taken all the same", async () => {
    expect(done.states["locks"]).toBe("ready-for-human");
    expect(await published("locks")).toEqual({ "locked.txt": "locked" });
  });

  it("never ends is stopped at the wall clock", async () => {
    expect(await outcome("endless")).toEqual(failedAs(/^timed_out: .*6\.0s/));
  });

  it("says nothing is stopped as idle", async () => {
    expect(await outcome("silent")).toEqual(failedAs(/^idle: .*3\.0s/));
  });

  it("writes without end is stopped at the bound, and its log does not grow past it", async () => {
    expect(await outcome("floods")).toEqual(failedAs(/^output_limit: .*5 MB/));
    const { size } = await stat(join(home.path, await logOf("floods")));
    expect(size).toBeGreaterThan(4_000_000);
    expect(size).toBeLessThan(6_000_000);
  });

  it("leaves a child in a session of its own has it taken away", async () => {
    expect(done.states["daemon"]).toBe("ready-for-human");
    expect(isRunning(Number(await there.out("daemon.pid")))).toBe(false);
  });
});

it(
  "work on protected paths is withheld until a human names the reason, and then published as it is",
  SLOW,
  async () => {
    expect(await outcome("protected")).toMatchObject({ state: "needs-human", pr: null, isPublished: false });
    expect(done.tasks["protected"]?.reason).toBe("policy: protected paths were changed: .github/ci.yml");
    expect((await there.dispatch("diff", "protected")).stdout).toContain("+on: push");
    const allowed = await there.dispatch("approve", "protected", "--allow", "policy");
    expect(allowed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^#\d+ protected approved at /) as unknown,
    });
    expect(await published("protected")).toEqual({ ".github/ci.yml": "on: push" });
  },
);

describe("a reviewer that", () => {
  it.each(["unjudged", "mumbled"])("gives no valid verdict (%s) never approves", async (id) => {
    expect(done.states[id]).toBe("needs-human");
    expect(done.tasks[id]?.reason).toMatch(/^invalid_verdict: /);
    const all = json(await there.dispatch("--json", "pr", "list")) as readonly PullRequest[];
    expect(all.find(({ task }) => task === id)).toMatchObject({ draft: true, review: "pending" });
    const refused = await there.dispatch("approve", id);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`dispatch approve ${id} --allow invalid_verdict`);
  });
});

it(
  "what was left in the slots harms nobody: the same tasks, worded anew, all succeed in honest hands",
  SLOW,
  async () => {
    await there.coder('echo "$id" > "$id.txt"');
    await there.repo.write({ "BACKLOG.md": BACKLOG.replaceAll(" <!--", ", please <!--") });
    const failed = Object.keys(done.tasks).filter((id) => done.states[id] === "failed");
    const again = await there.run(...failed);
    expect(failed.map((id) => again.states[id])).toEqual(failed.map(() => "ready-for-human"));
  },
);
