import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { writeEvent } from "../../../src/adapters/local-forge/chains.ts";
import { openLocalForge } from "../../../src/adapters/local-forge/local-forge.ts";
import { planOpen } from "../../../src/adapters/local-forge/plan-event.ts";
import { writeCommit } from "../../../src/adapters/git/commit.ts";
import { gitIn } from "../../support/git-repo.ts";
import { localWorld, type LocalWorld } from "../../support/local-world.ts";
import { opened } from "../../support/open-git.ts";

const COUNT = 100;
const stamp = { v: 1 as const, at: "2026-01-02T00:00:00.000Z", by: "dispatch" };

/** A hundred open pull requests on origin, of another clone. */
async function openMany(world: LocalWorld): Promise<void> {
  const clone = join(world.repo.temp, "many");
  await gitIn(world.repo.temp, "clone", "-q", world.hub, clone);
  const { doors } = await opened(world.repo, { root: clone, stateDir: join(world.repo.temp, "state-many") });
  const { commit } = await world.readBase();
  const tree = await gitIn(clone, "rev-parse", `${commit}^{tree}`);
  const refs = [];
  for (let n = 1; n <= COUNT; n += 1) {
    const words = { author: "a", date: stamp.at, message: `work ${n}` };
    const head = await writeCommit(doors, { ...words, tree, parents: [commit] });
    const draft = {
      task: `t${n}`,
      title: `T${n}`,
      body: "b",
      branch: `dispatch/t${n}--x`,
      base: "main",
      head,
      draft: false,
    };
    refs.push(`${await writeEvent(doors, null, planOpen(draft, stamp))}:refs/dispatch/pr/${n}`);
  }
  await gitIn(clone, "push", "-q", "origin", ...refs);
}

/** Counts the git commands that are started, by a program of that name in front of the real one. */
async function countingPath(temp: string): Promise<{ path: string; taken(): Promise<readonly string[]> }> {
  const [bin, log] = [join(temp, "bin"), join(temp, "git.log")];
  await mkdir(bin);
  const git = await gitIn(temp, "--exec-path").then((path) => join(path, "git"));
  await writeFile(
    join(bin, "git"),
    `#!/bin/sh\nfor w in "$@"; do case $w in -c|*=*) ;; *) echo "$w" >> '${log}'; break;; esac; done\nexec '${git}' "$@"\n`,
  );
  await chmod(join(bin, "git"), 0o755);
  await appendFile(log, "");
  return {
    path: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    async taken() {
      const lines = (await readFile(log, "utf8")).split("\n").filter(Boolean);
      await writeFile(log, "");
      return lines;
    },
  };
}

it("a hundred pull requests are read with few git processes, and fewer the second time", async () => {
  await using world = await localWorld();
  await openMany(world);
  const counter = await countingPath(world.repo.temp);
  const env = { ...process.env, PATH: counter.path };
  const repository = await opened(world.repo, { base: "main", env });
  const forge = openLocalForge({ repository, clock: { now: () => 0 }, by: "dispatch", env });
  await counter.taken();
  const times = [];
  const counts = [];
  for (let round = 0; round < 2; round += 1) {
    const start = performance.now();
    expect(await forge.fetchPullRequests()).toHaveLength(COUNT);
    times.push(Math.round(performance.now() - start));
    counts.push(await counter.taken());
  }
  console.log(
    `${COUNT} pull requests: ${times.join(" ms, then ")} ms; ${counts.map((one) => one.join(" ")).join(" | ")}`,
  );
  expect(counts[0]?.length).toBeLessThanOrEqual(20);
  expect(counts[1]).toEqual(["ls-remote"]);
});
