import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PullRequest } from "../../src/ports/forge.ts";
import { json, MAIN, site, SLOW, useHeldHome, type Finished, type Ran, type Site } from "../support/e2e.ts";
import type { CheckoutPrint } from "../support/git-repo.ts";

const home = useHeldHome();

const BACKLOG = `
- [ ] Greet <!-- id: A -->
- [ ] Greet otherwise <!-- id: B -->
- [ ] Build on the greeting <!-- id: C after: A -->
- [ ] Cook <!-- id: D -->
- [ ] Ask for a merge <!-- id: E -->
`;

/** A and B want the same line; while D works somebody else pushes to origin; E gives a word that is not its to give. */
const CODER = `
mkdir -p src
case $id in
  A|B) sed "s/^# .*/# greeted by $id/" README.md > README.new; mv README.new README.md ;;
  D)
    cat > "$OUT/brief-$DISPATCH_ROUND.$(grep -c "coder D" "$OUT/starts")"
    if [ ! -e "$OUT/elsewhere" ]; then
      git clone -q "$(git remote get-url origin)" "$OUT/elsewhere"
      cd "$OUT/elsewhere"; echo news > news.txt; git add news.txt
      git -c user.name=x -c user.email=x@example.invalid commit -q -m news; git push -q origin HEAD; cd - > /dev/null
    fi
    grep -c "coder D" "$OUT/starts" > src/D.txt ;;
  E)
    for word in "approve A" "merge A" "reject A -m no" "clean"; do
      "${process.execPath}" "${MAIN}" $word > "$OUT/said" 2>&1 && code=0 || code=$?
      echo "$word: $code $(grep -c "human's word" "$OUT/said")" >> "$OUT/words"
    done
    echo E > src/E.txt ;;
  *) echo "$id" > "src/$id.txt" ;;
esac
`;

let there: Site;
let before: CheckoutPrint;
let first: Finished;

beforeAll(async () => {
  there = await site({ home: home.path, backlog: BACKLOG, coder: CODER, config: { jobs: 8 } });
  const { repo } = there;
  await repo.write({ "README.md": "# stashed\n" });
  await repo.git("stash");
  await repo.write({ "staged.txt": "staged\n", "README.md": "# edited\n", "untracked.txt": "untracked\n" });
  await repo.git("add", "staged.txt");
  before = await repo.print();
  first = await there.run("--until", "approved");
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

const origin = (...args: string[]): Promise<string> => there.repo.gitIn(there.repo.origin ?? "", ...args);

async function pullRequest(task: string): Promise<PullRequest | undefined> {
  const all = json(await there.dispatch("--json", "pr", "list")) as readonly PullRequest[];
  return all.find((one) => one.task === task);
}

async function done(...args: readonly string[]): Promise<Ran> {
  const ran = await there.dispatch(...args);
  expect(ran).toMatchObject({ code: 0 });
  return ran;
}

describe("a first run", () => {
  it("ends with exit 6 under --until approved, since only a human can go on", () => {
    expect(first.code).toBe(6);
    expect(first.states).toEqual({
      A: "ready-for-human",
      B: "ready-for-human",
      C: "blocked",
      D: "ready-for-human",
      E: "ready-for-human",
    });
  });

  it("names the merge that a blocked task waits for", () => {
    expect(first.tasks["C"]?.waitingFor).toBe("merge A, then dispatch run");
  });

  it("takes no harm from a base that moves meanwhile", async () => {
    expect(await origin("show", "main:news.txt")).toBe("news");
    const branch = first.tasks["D"]?.branch ?? "";
    expect(await origin("diff", "--name-only", `main...${branch}`)).toBe("src/D.txt");
  });

  it("leaves the user's dirty checkout bit-identical", async () => {
    expect(await there.repo.print()).toEqual(before);
  });

  it("refuses an agent that approves, merges, rejects or cleans", async () => {
    expect((await there.out("words")).split("\n")).toEqual([
      "approve A: 1 1",
      "merge A: 1 1",
      "reject A -m no: 1 1",
      "clean: 1 1",
    ]);
    expect(await pullRequest("A")).toMatchObject({ state: "open", review: "pending" });
  });
});

describe("looking at what was made", () => {
  it("diff shows the change, diff --stat its size", async () => {
    expect((await done("diff", "A")).stdout).toContain("+# greeted by A");
    expect((await done("diff", "A", "--stat")).stdout).toBe("M README.md  +1 -1\n");
  });

  it("pr show gives the evidence", async () => {
    const { stdout } = await done("pr", "show", String(first.tasks["A"]?.pr));
    expect(stdout).toContain("main <- dispatch/a--greet");
    expect(stdout).toContain("without a sandbox");
  });
});

describe("a task that was sent back", () => {
  it("is mended under the same pull request, with the human's words in the brief", SLOW, async () => {
    const was = await pullRequest("D");
    await done("reject", "D", "-m", "more salt, please");
    const again = await there.run("D");
    expect(again.states["D"]).toBe("ready-for-human");
    const now = await pullRequest("D");
    expect(now).toMatchObject({ number: was?.number, state: "open", review: "pending" });
    expect(await origin("show", `${now?.head ?? ""}:src/D.txt`)).toBe("2");
    expect(await there.out("brief-1.1")).not.toContain("more salt");
    expect(await there.out("brief-2.2")).toContain("more salt, please");
  });
});

describe("approve and merge", () => {
  it("refuse what is not approved, naming the command", async () => {
    const ran = await there.dispatch("merge", "A");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("dispatch approve A");
  });

  it("make a real merge commit on origin and put the branch away", SLOW, async () => {
    const old = await origin("rev-parse", "main");
    const head = (await pullRequest("A"))?.head;
    await done("approve", "A");
    await done("merge", "A");
    expect(await origin("rev-parse", "main^1", "main^2")).toBe(`${old}\n${head ?? ""}`);
    expect(await origin("branch", "--list", "dispatch/a--*")).toBe("");
    expect(await there.repo.git("branch", "--list", "dispatch/a--*")).toBe("");
    expect(await pullRequest("A")).toMatchObject({ state: "merged" });
  });
});

describe("after the first merge", () => {
  it(
    "the task that changed the same line is made again from the new base, under the same pull request",
    SLOW,
    async () => {
      const next = await there.run();
      const ready = "ready-for-human";
      expect(next.states).toEqual({ B: ready, C: ready, D: ready, E: ready });
      expect(await origin("show", "main:README.md")).toBe("# greeted by A");
      expect(next.tasks["B"]).toMatchObject({ reason: null, pr: first.tasks["B"]?.pr });
      const { head } = (await pullRequest("B")) ?? {};
      expect(await origin("diff", "main", head ?? "", "--", "README.md")).toContain("-# greeted by A\n+# greeted by B");
      expect(await origin("merge-base", "main", head ?? "")).toBe(await origin("rev-parse", "main"));
    },
  );

  it("retry --from review asks the reviewer again and no coder", SLOW, async () => {
    const earlier = await there.starts();
    await done("retry", "C", "--from", "review");
    const next = await there.run("C");
    expect(next.states["C"]).toBe("ready-for-human");
    expect((await there.starts()).slice(earlier.length)).toEqual(["reviewer C 1 1"]);
  });
});

describe("the rebase watcher", () => {
  it("leaves waiting branches alone while it is paused, and rebases them after", SLOW, async () => {
    const head = (await pullRequest("E"))?.head;
    await done("watcher", "pause");
    expect((await done("watcher", "status")).stdout).toBe("paused by you\n");
    expect((await done("watcher", "run", "--once")).stdout).toMatch(/^E {2}paused$/m);
    expect((await pullRequest("E"))?.head).toBe(head);

    await done("watcher", "resume");
    expect((await done("watcher", "run", "--once")).stdout).toMatch(/^E {2}rebased$/m);
    const now = (await pullRequest("E"))?.head ?? "";
    expect(now).not.toBe(head);
    expect(await origin("rev-parse", "dispatch/e--ask-for-a-merge")).toBe(now);
    expect(await origin("merge-base", "main", now)).toBe(await origin("rev-parse", "main"));
    expect(await there.flags()).toEqual([]);
    // What was merged meanwhile is not its change, and the evidence is of another commit.
    expect((await done("diff", "E", "--stat")).stdout.trim().split("\n")).toHaveLength(1);
    expect((await done("pr", "show", "E")).stdout).toContain(`${head?.slice(0, 12) ?? ""} is now ${now.slice(0, 12)}`);
  });
});

describe("clean", () => {
  it(
    "removes worktrees and a branch that somebody merged with plain git, and keeps what is not merged",
    SLOW,
    async () => {
      const elsewhere = join(there.repo.temp, "out/elsewhere");
      const { head } = (await pullRequest("C")) ?? {};
      await there.repo.gitIn(elsewhere, "pull", "-q");
      await there.repo.gitIn(elsewhere, "fetch", "-q", "origin", head ?? "");
      await there.repo.gitIn(elsewhere, "merge", "-q", "--no-ff", "-m", "by hand", head ?? "");
      await there.repo.gitIn(elsewhere, "push", "-q", "origin", "HEAD");
      const { stdout } = await done("clean");
      expect(stdout).toMatch(/^removed .*dispatch\/c--build-on-the-greeting$/m);
      expect(stdout).toMatch(/^kept +dispatch\/d--cook +it is not merged$/m);
      expect(await there.repo.git("branch", "--list", "dispatch/*", "--format=%(refname:short)")).toBe(
        ["dispatch/b--greet-otherwise", "dispatch/d--cook", "dispatch/e--ask-for-a-merge"].join("\n"),
      );
      await expect(stat(join(there.repo.dir, ".work"))).rejects.toThrow("ENOENT");
      expect(await there.repo.git("worktree", "list")).not.toContain(".work");
    },
  );

  it("--force removes the rest, whose commits stay reachable", SLOW, async () => {
    const head = await there.repo.commitId("dispatch/d--cook");
    await done("clean", "--force");
    expect(await there.repo.git("branch", "--list", "dispatch/*")).toBe("");
    expect(await there.repo.commitId("refs/dispatch/keep/d")).toBe(head);
  });
});

it("a task merged by hand is done", SLOW, async () => {
  const last = await there.run();
  expect(Object.keys(last.tasks)).toEqual(["B", "D", "E"]);
});

it("after all of it the user's checkout is still bit-identical", async () => {
  expect(await there.repo.print()).toEqual(before);
  expect(await readFile(join(there.repo.dir, "README.md"), "utf8")).toBe("# edited\n");
});
