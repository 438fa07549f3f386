import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { json, site, SLOW, useHeldHome, type Ran, type Site } from "../support/e2e.ts";
import type { Files } from "../support/git-repo.ts";

const home = useHeldHome();
const BACKLOG = "- [ ] One <!-- id: T-1 -->\n- [ ] Two <!-- id: T-2 -->\n";

let there: Site;
beforeAll(async () => {
  there = await site({ home: home.path, backlog: BACKLOG });
});
afterEach(async () => {
  await there.repo.git("reset", "-q", "--hard");
  expect(await there.starts()).toEqual([]);
});
afterAll(() => there[Symbol.asyncDispose]());

/** What a refused command says: nothing on stdout, what is wrong, and what to type next. */
function refusal({ code, stdout, stderr }: Ran): {
  readonly code: number | null;
  readonly says: string;
  readonly next: string;
} {
  expect(stdout).toBe("");
  const lines = stderr.trimEnd().split("\n");
  const from = lines.findIndex((line) => line.startsWith("error: "));
  return {
    code,
    says: lines
      .slice(from, -1)
      .join("\n")
      .replace(/^error: /, ""),
    next: lines.at(-1)?.replace(/^ {2}next {2}/, "") ?? "",
  };
}

async function runWith(files: Files, ...args: readonly string[]): Promise<ReturnType<typeof refusal>> {
  await there.repo.write(files);
  return refusal(await there.dispatch("run", ...args));
}

describe("words", () => {
  it("with a typo end with exit 2 and what was probably meant", SLOW, async () => {
    expect(refusal(await there.dispatch("rnu"))).toEqual({
      code: 2,
      says: "unknown command 'rnu'",
      next: "did you mean: dispatch run",
    });
  });

  it("that name a task or a pull request that nobody knows end with exit 1", SLOW, async () => {
    const wanted = [
      ["run", "T-9"],
      ["plan", "T-9"],
      ["diff", "T-9"],
      ["approve", "T-9"],
      ["retry", "T-9"],
      ["cancel", "T-9"],
      ["pr", "show", "9"],
    ];
    const refused = await Promise.all(wanted.map(async (words) => refusal(await there.dispatch(...words))));
    expect(refused.map(({ code, next }) => `${code} ${next}`)).toEqual([
      "1 dispatch plan",
      "1 dispatch plan",
      "1 dispatch status",
      "1 dispatch status",
      "1 dispatch status",
      "1 dispatch status",
      "1 dispatch pr list",
    ]);
  });

  it("in JSON mode leave stdout empty and one line of JSON on stderr", SLOW, async () => {
    const { code, stdout, stderr } = await there.dispatch("--json", "run", "T-9");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "unknown_task", message: "no task T-9 in the backlog", hint: "dispatch plan" },
    });
  });
});

describe("a backlog", () => {
  it.each([
    ["with an id twice", "- [ ] One <!-- id: A -->\n- [ ] Two <!-- id: A -->\n", 'BACKLOG.md:2: the same id "A"'],
    [
      "with an unknown predecessor",
      "\n- [ ] One <!-- id: A after: Z -->\n",
      "BACKLOG.md:2: A comes after Z, which nobody knows",
    ],
    [
      "in a circle",
      "- [ ] One <!-- id: A after: B -->\n- [ ] Two <!-- id: B after: A -->\n",
      "BACKLOG.md:1: A waits for itself: A -> B -> A",
    ],
    ["with an id that is none", "- [ ] One <!-- id: a..b -->\n", 'BACKLOG.md:1: id: "a..b" cannot name a task'],
  ])("%s is refused with file and line, and nothing is started", SLOW, async (_, text, says) => {
    const refused = await runWith({ "BACKLOG.md": text });
    expect(refused).toMatchObject({ code: 2, says: expect.stringContaining(says) as unknown });
  });

  it("that is not there is refused with the names that are looked for", SLOW, async () => {
    await rm(join(there.repo.dir, "BACKLOG.md"));
    expect(await runWith({})).toMatchObject({
      code: 2,
      says: expect.stringContaining("neither BACKLOG.md nor TODO.md") as unknown,
    });
  });
});

describe("a configuration", () => {
  it.each([
    ["with a wrong type", '{\n  "jobs": "four"\n}\n', "dispatch.jsonc:2:11 jobs: expects number"],
    ["that is not JSON", '{\n  "jobs": 4,,\n}\n', "dispatch.jsonc:2:13 "],
    ["with an unknown key", '{\n  "jbos": 4\n}\n', "dispatch.jsonc:2:3 jbos: unknown key, did you mean jobs?"],
  ])("%s is refused with file, line and column", SLOW, async (_, text, says) => {
    const refused = await runWith({ "dispatch.jsonc": text });
    expect(refused).toMatchObject({ code: 2, says: expect.stringContaining(says) as unknown });
  });

  it("that is not there points to dispatch init, before and with a run", SLOW, async () => {
    await rm(join(there.repo.dir, "dispatch.jsonc"));
    const wanted = { code: 2, says: "there is no dispatch.jsonc: no agent has the role coder", next: "dispatch init" };
    expect(refusal(await there.dispatch("run"))).toEqual(wanted);
    expect(refusal(await there.dispatch("plan"))).toEqual(wanted);
    expect((await there.dispatch("status")).code).toBe(0);
  });
});

describe("a place", () => {
  it.each([
    ["is not there", "nowhere", "There is no folder ", "Name the folder of your repository: dispatch -C DIR"],
    ["is no repository", "folder", "is not in a git repository.", "Go to your repository"],
    ["is an empty repository", "empty", "has no commit yet", "git commit --allow-empty"],
    ["is a git directory", "empty/.git", "is inside a git directory, not in a checkout.", "dispatch -C "],
  ])("that %s is refused with exit 2 and the way out", SLOW, async (_, name, says, next) => {
    const folder = join(there.repo.temp, name);
    if (name !== "nowhere") await mkdir(folder, { recursive: true });
    if (name === "empty") await there.repo.gitIn(folder, "init", "-q");
    for (const command of ["run", "status"]) {
      const refused = refusal(await there.dispatch("-C", folder, command));
      expect(refused.code).toBe(2);
      expect(refused.says).toContain(says);
      expect(refused.next).toContain(next);
    }
  });
});

describe("without an origin", () => {
  it(
    "branches and pull requests stay in the repository, and a base that is checked out is not moved",
    SLOW,
    async () => {
      await using alone = await site({ home: home.path, backlog: BACKLOG, origin: null, base: "trunk" });
      const before = await alone.repo.print();
      expect(await alone.run()).toMatchObject({
        code: 0,
        states: { "T-1": "ready-for-human", "T-2": "ready-for-human" },
      });
      expect(Object.keys(await alone.repo.refs())).toEqual(
        expect.arrayContaining(["refs/heads/dispatch/t-1--one", "refs/dispatch/pr/1", "refs/dispatch/pr/2"]),
      );
      expect((await alone.dispatch("approve", "T-1")).code).toBe(0);
      const refused = refusal(await alone.dispatch("merge", "T-1"));
      expect(refused).toMatchObject({ code: 1, says: expect.stringMatching(/^trunk is checked out in /) as unknown });
      expect(await alone.repo.print()).toEqual(before);

      // The mend, as it is written there.
      expect(refused.next).toContain("switch --detach");
      await alone.repo.git("switch", "-q", "--detach");
      expect(await alone.dispatch("merge", "T-1")).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^#\d T-1 merged into trunk$/m) as unknown,
      });
      expect(await alone.repo.git("show", "trunk:src/T-1.txt")).toBe("T-1 round 1");
      const { tasks } = json(await alone.dispatch("--json", "status")) as {
        tasks: readonly { id: string; state: string }[];
      };
      expect(tasks.map(({ id, state }) => `${id} ${state}`)).toEqual(["T-2 ready-for-human", "T-1 merged"]);
    },
  );
});

describe("a linked worktree of the user, and a base named master", () => {
  it("serve as well as any; a task can be run by its name alone", SLOW, async () => {
    await using linked = await site({ home: home.path, backlog: BACKLOG, base: "master", origin: "work" });
    const folder = join(linked.repo.temp, "linked");
    await linked.repo.git("worktree", "add", "-q", "-b", "feature", folder);
    const before = await Promise.all([linked.repo.print(), linked.repo.print(folder)]);
    const { code, stdout } = await linked.dispatch("-C", folder, "run", "T-2");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^T-1 +queued /m);
    expect(stdout).toMatch(/^T-2 +ready-for-human /m);
    expect(await linked.starts()).toEqual(["coder T-2 1 1", "reviewer T-2 1 1"]);
    expect(await Promise.all([linked.repo.print(), linked.repo.print(folder)])).toEqual(before);
    const { tasks } = json(await linked.dispatch("--json", "status")) as {
      tasks: readonly { id: string; pr: number }[];
    };
    expect(tasks.find(({ id }) => id === "T-2")?.pr).toBe(1);

    expect((await linked.dispatch("approve", "T-2")).code).toBe(0);
    const refused = refusal(await linked.dispatch("merge", "T-2"));
    expect(refused.says).toBe(`master is checked out in ${linked.repo.origin ?? ""}, so it is not moved.`);
    expect(refused.next).toContain("merge --no-ff");
  });
});
