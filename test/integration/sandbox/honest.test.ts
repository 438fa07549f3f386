import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fencedSite, readLog } from "../../support/fenced-site.ts";
import { whyNoFence } from "../../support/fence.ts";
import { pidIn, processesIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const USES_GIT = `set -eux
test -z "$(git status --porcelain)"
test "$(git rev-parse --abbrev-ref HEAD)" = dispatch/a--work
echo 2 > src/a.txt; git diff --stat | grep -q a.txt
git add -A; git commit -qm "two"
git switch -qc topic HEAD~1; echo new > src/b.txt; git add -A; git commit -qm "a file"
git rebase -q dispatch/a--work
echo dirt > src/c.txt; git add -A; git stash -q; test ! -e src/c.txt; git stash pop -q
git gc -q --prune=now; git fsck
test "$(git log --oneline main..HEAD | wc -l)" = 2
git branch -f dispatch/a--work HEAD; git switch -q dispatch/a--work; git reset -q --hard
echo last > src/d.txt
`;

describe.skipIf(whyNoFence !== null)("honest work inside the fence", () => {
  test("has a git that works, and leaves that of the user as it was", async () => {
    const site = await fencedSite("required");
    const [print, refs] = [await site.repo.print(), await site.repo.refs()];
    const { end } = await site.run(USES_GIT);
    expect([end, end.kind === "ok" ? "" : await readLog(site)]).toEqual([{ kind: "ok" }, ""]);
    expect(await site.repo.print()).toEqual(print);
    expect(await site.repo.refs()).toEqual(refs);
    const snapshot = await site.repository.snapshot({
      ...{
        worktree: site.worktree.path,
        parent: site.commit,
        message: "A",
        author: "coder",
        date: "2026-01-02T00:00:00Z",
      },
      limits: { changedFiles: 100 },
    });
    expect(snapshot.changes.map(({ path, status }) => `${status} ${path}`)).toEqual([
      "M src/a.txt",
      "A src/b.txt",
      "A src/d.txt",
    ]);
  });

  test("reads its input and what its mounts name, and gives its result", async () => {
    const site = await fencedSite("required");
    const library = temporaryFolder("library");
    await writeFile(join(library, "book"), "words");
    const script = `set -e
      cat "$DISPATCH_INPUT" > input.txt; cat '${library}/book' > book.txt
      if echo x >> '${library}/book'; then exit 9; fi
      echo x > "$HOME/mine"; echo x > "$TMPDIR/mine"; echo x > /tmp/mine
      echo '{"summary":"read it"}' > "$DISPATCH_RESULT"`;
    const { end, result } = await site.run(script, { mounts: [library] });
    expect(end).toEqual({ kind: "ok" });
    expect(result).toMatchObject({ kind: "valid", summary: "read it" });
    expect(await readFile(join(site.worktree.path, "book.txt"), "utf8")).toBe("words");
    expect(await readFile(join(site.worktree.path, "input.txt"), "utf8")).toContain('"run":"run-1"');
    expect(await readFile(join(library, "book"), "utf8")).toBe("words");
  });

  test("reaches this machine's network only when it is open", async () => {
    const site = await fencedSite("required");
    const ask = `node -e "require('net').connect($PORT,'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(7))"`;
    expect((await site.run(ask, { network: "none" })).end).toEqual({ kind: "exit_code", exitCode: 7 });
    expect((await site.run(ask, { network: "open" })).end).toEqual({ kind: "ok" });
  });

  test("finds the program that lies in the top folder of the checkout, and nothing beside it", async () => {
    const site = await fencedSite("required");
    const program = join(site.repo.dir, "agent.sh");
    await writeFile(program, `#!/bin/sh\nls -A "$1" > listing.txt\n`);
    await chmod(program, 0o755);
    const { end } = await site.run("", { command: [program, site.repo.dir] });
    expect(end).toEqual({ kind: "ok" });
    const listing = await readFile(join(site.worktree.path, "listing.txt"), "utf8");
    expect(listing.trim().split("\n")).toEqual([".git", ".work", "agent.sh"]);
  });

  test("finds programs on a PATH of the user's own", async () => {
    const site = await fencedSite("required");
    const tools = join(temporaryFolder("tools"), "bin");
    await mkdir(tools);
    await writeFile(join(tools, "my-tool"), "#!/bin/sh\necho tool > tool.txt\n", { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = `${tools}:${path}`;
    const { end } = await site.run("my-tool").finally(() => (process.env.PATH = path));
    expect(end).toEqual({ kind: "ok" });
  });
});

describe.skipIf(whyNoFence !== null)("the end of a program inside the fence", () => {
  test("is what it says itself: its exit code, or its signal", async () => {
    const site = await fencedSite("required");
    expect((await site.run("exit 3")).end).toEqual({ kind: "exit_code", exitCode: 3 });
    expect((await site.run("kill -9 $$")).end).toEqual({ kind: "crashed", signal: "SIGKILL" });
  });

  test("comes after it was asked, when it listens", async () => {
    const site = await fencedSite("required");
    const abort = new AbortController();
    const script = `trap 'echo bye > bye.txt; exit 0' TERM; sleep 300 & echo $$ > pid; wait`;
    const running = site.run(script, {}, abort.signal);
    await pidIn(join(site.worktree.path, "pid"));
    abort.abort();
    expect((await running).end).toEqual({ kind: "cancelled" });
    expect(await readFile(join(site.worktree.path, "bye.txt"), "utf8")).toBe("bye\n");
    expect(processesIn(site.worktree.path)).toEqual([]);
  });

  test("is the end of its daemons, too", async () => {
    const site = await fencedSite("required");
    const { end } = await site.run(
      `setsid sh -c 'echo $$ > pid; exec sleep 300' & while [ ! -s pid ]; do sleep 0.02; done`,
    );
    expect(end).toEqual({ kind: "ok" });
    expect(processesIn(site.worktree.path)).toEqual([]);
  });
});
