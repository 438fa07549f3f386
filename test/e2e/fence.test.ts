import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";
import { whyNoFence } from "../support/fence.ts";

const home = useHeldHome();

/** Does its work with a commit of its own, and writes down what of the world outside it got hold of. */
const CODER = `set -e
echo 'module.exports = 1' > work.js; git add -A; git -c user.name=x -c user.email=x commit -qm work
for it in ../../README.md "${homedir()}/secret"; do test ! -e "$it" || echo "$it"; done > seen.txt`;
const agent = (role: string, script: string, more = {}) => ({
  role,
  engine: "command",
  command: ["sh", "-c", script],
  ...more,
});
const CONFIG = {
  checks: "cat work.js || test ! -e work.js",
  pipeline: ["code", "test", "review"],
  agents: {
    coder: agent("coder", CODER, { network: "none" }),
    tester: { role: "tester", engine: "checks" },
    reviewer: agent("reviewer", `git diff --quiet HEAD~1 || echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"`),
  },
};

beforeAll(() => writeFile(join(homedir(), "secret"), "x"));

const opened = (sandbox: string): Promise<Site> =>
  site({ home: home.path, backlog: "- [ ] Work <!-- id: A -->\n", config: { ...CONFIG, sandbox } });

describe.skipIf(whyNoFence !== null)("a run inside the fence", () => {
  it("does the whole job, shows agents nothing of ours, and says how they were fenced", SLOW, async () => {
    await using there = await opened("required");
    const before = await there.repo.print();
    const { code, stdout, stderr } = await there.dispatch("run");
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining("ready-for-human"), expect.any(String)]);
    expect(stderr).toContain("open network: reviewer can reach");
    expect(stderr).not.toContain("no fence");
    const published = (file: string): Promise<string> =>
      there.repo.gitIn(there.repo.origin ?? "", "show", `dispatch/a--work:${file}`);
    expect(await published("work.js")).toBe("module.exports = 1");
    expect(await published("seen.txt")).toBe("");
    expect((await there.dispatch("pr", "show", "1")).stdout).toContain(
      "fence: bubblewrap: files, home, git and processes of their own, no network but this machine's for reviewer",
    );
    expect(await there.repo.print()).toEqual(before);
  });
});

describe("a machine without bubblewrap", () => {
  let PATH: string;

  beforeAll(async () => {
    PATH = join(homedir(), "few-programs");
    await mkdir(PATH);
    for (const name of ["sh", "cat", "git", "getconf"]) {
      const found = execFileSync("which", [name]).toString().trim();
      await symlink(found, join(PATH, name));
    }
  });

  it("runs agents as the user, and says so on the run and on the pull request", SLOW, async () => {
    await using there = await opened("auto");
    const { code, stderr } = await there.dispatchWith({ env: { PATH } }, "run");
    expect([code, stderr]).toEqual([0, expect.stringContaining("because bubblewrap is not installed")]);
    expect((await there.dispatch("pr", "show", "1")).stdout).toContain("fence: none: agents ran without a sandbox");
    const seen = await there.repo.gitIn(there.repo.origin ?? "", "show", "dispatch/a--work:seen.txt");
    expect(seen.split("\n")).toEqual(["../../README.md", join(homedir(), "secret")]);
  });

  it("starts nobody when a fence is required", SLOW, async () => {
    await using there = await opened("required");
    const { code, stderr } = await there.dispatchWith({ env: { PATH } }, "run");
    expect(code).toBe(2);
    expect(stderr).toContain("no agent can be fenced in: bubblewrap is not installed");
    expect(stderr).toContain("apt-get install bubblewrap");
    expect(existsSync(join(there.repo.dir, ".work", "s01"))).toBe(false);
  });
});
