import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openRepository } from "../../src/adapters/git/repository.ts";
import type { Outlook } from "../../src/ports/repository.ts";
import { GIT_ENV, gitIn, makeFixture, type Fixture } from "./fixture.ts";
import { interleave } from "./measure.ts";
import type { Section } from "./report.ts";

const BRANCHES = 50;
const ROUNDS = 9;

/**
 * How 50 open branches stand to the base and to each other. Goals: 2 s for all pairs, 100 ms for those of one new
 * commit. `apart`: each changes files of its own, three in four of them at least; `together`: all change one file more.
 */
export async function benchForecast({ big }: { readonly big: boolean }): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const files of big ? [2800, 57_000] : [2800])
    for (const isTogether of [false, true]) sections.push(await measure(files, isTogether));
  return sections;
}

async function measure(files: number, isTogether: boolean): Promise<Section> {
  await using fixture = await makeFixture(files);
  const heads = await makeBranches(fixture, isTogether);
  const next = await makeHeads(fixture, isTogether, ROUNDS + 1);
  const stateDir = join(fixture.dir, "state");
  const book = join(stateDir, "forecasts.json");
  const open = () => openRepository({ root: fixture.checkout, stateDir, workDir: ".work", env: GIT_ENV });
  const repository = await open();
  const read = (all: readonly string[]): Promise<Outlook> => repository.readOutlook(fixture.base, all);
  const forget = (): Promise<void> => rm(book, { force: true });
  const figures = await interleave(ROUNDS, [
    {
      name: "all pairs",
      before: forget,
      run: async () => void (await read(heads)),
    },
    {
      name: "one changed branch",
      before: async () => void (await read(heads)),
      run: async (round) => void (await read([...heads.slice(1), next[round] ?? ""])),
    },
    {
      name: "nothing changed",
      before: async () => void (await read(heads)),
      run: async () => void (await read(heads)),
    },
    {
      name: "a process for each pair of one",
      run: async () => {
        for (const head of heads.slice(1)) await mergeAlone(fixture, heads[0] ?? "", head);
      },
    },
  ]);
  const { pairs } = await read(heads);
  return {
    title: `${BRANCHES} branches of ${files} files, ${isTogether ? "all of them in one file more" : "mostly apart"}`,
    figures,
    ratios: [{ of: "one changed branch", to: "a process for each pair of one", goal: 0.6 }],
    facts: {
      "pairs in conflict": pairs.length,
      ...goal("all pairs", figures, 2000),
      ...goal("one changed branch", figures, 100),
    },
  };
}

function goal(name: string, figures: readonly { readonly name: string; readonly medianMs: number }[], ms: number) {
  const took = figures.find((figure) => figure.name === name)?.medianMs ?? Number.NaN;
  return { [`${name} within ${ms} ms`]: took <= ms ? "met" : "MISSED" };
}

const makeBranches = (fixture: Fixture, isTogether: boolean): Promise<readonly string[]> =>
  makeHeads(fixture, isTogether, BRANCHES);

let made = 0;

/** Each changes four files, one of which it shares with some; and a line of one that all share. */
async function makeHeads(fixture: Fixture, isTogether: boolean, count: number): Promise<readonly string[]> {
  const paths = (await gitIn(fixture.checkout, "ls-tree", "-r", "--name-only", "main")).split("\n");
  const heads: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    made += 1;
    const own = [1, 2, 3].map((at) => paths[(made * 7 + at * 531) % paths.length] ?? "");
    const shared = paths[made % 8] ?? "";
    const files = [...new Set([...own, shared, ...(isTogether ? [paths[9] ?? ""] : [])])];
    heads.push(await commit(fixture, `bench-${made}`, files, `branch ${made}\n`));
  }
  return heads;
}

async function commit({ checkout }: Fixture, branch: string, files: readonly string[], text: string): Promise<string> {
  const changes = files.map((path) => `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`).join("");
  const who = "committer bench <bench@localhost> 1700000000 +0000";
  const input = `commit refs/heads/${branch}\nmark :1\n${who}\ndata 5\nbench\nfrom refs/heads/main^0\n${changes}get-mark :1\ndone\n`;
  const running = promisify(execFile)("git", ["fast-import", "--quiet", "--done"], { cwd: checkout, env: GIT_ENV });
  running.child.stdin?.end(input);
  return (await running).stdout.trim();
}

async function mergeAlone({ checkout }: Fixture, a: string, b: string): Promise<void> {
  const args = ["merge-tree", "--write-tree", "--name-only", "--no-messages", a, b];
  await promisify(execFile)("git", args, { cwd: checkout, env: GIT_ENV }).catch(
    (error: { readonly code?: unknown }) => {
      if (error.code !== 1) throw error;
    },
  );
}
