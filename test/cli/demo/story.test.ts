import { spawnSync } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pickEntry } from "../../../src/adapters/agents/pick-entry.ts";
import { Recording } from "../../../src/adapters/agents/schema.ts";
import { parseMarkdown } from "../../../src/adapters/backlog/markdown.ts";
import type { ReadItem } from "../../../src/adapters/backlog/read-item.ts";
import { BACKLOG } from "../../../src/cli/demo/backlog.ts";
import { DEMO_FILES } from "../../../src/cli/demo/demo-files.ts";
import { RECORDING } from "../../../src/cli/demo/recording.ts";
import type { CoderTurn, Edit } from "../../../src/cli/demo/recording-types.ts";
import { tempFolder } from "../../support/demo-repo.ts";

const TASKS = Object.entries(RECORDING.tasks);
const READ = parseMarkdown(BACKLOG);
const LEAVES = leavesOf(READ.items);
const isTest = (path: string): boolean => path.startsWith("test/");

function leavesOf(items: readonly ReadItem[]): readonly ReadItem[] {
  return items.flatMap((item) => (item.children.length === 0 ? [item] : leavesOf(item.children)));
}

/** The demo's files as the agents leave them after these turns. */
async function tree(dir: string, turns: readonly CoderTurn[], wanted: (path: string) => boolean = () => true) {
  for (const [path, content] of Object.entries(DEMO_FILES)) await write(join(dir, path), content);
  const worked = `${dir}-worked`;
  await cp(dir, worked, { recursive: true });
  for (const edit of turns.flatMap((turn) => turn.edits)) await apply(worked, edit);
  for (const path of pathsOf(turns).filter(wanted)) await write(join(dir, path), await readFile(join(worked, path)));
  return dir;
}

async function write(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function apply(dir: string, edit: Edit): Promise<void> {
  const file = join(dir, edit.path);
  if ("content" in edit) return await write(file, edit.content);
  const text = await readFile(file, "utf8");
  expect(text.split(edit.replace[0])).toHaveLength(2);
  await write(
    file,
    text.replace(edit.replace[0], () => edit.replace[1]),
  );
}

const pathsOf = (turns: readonly CoderTurn[]): readonly string[] => [
  ...new Set(turns.flatMap((turn) => turn.edits.map((edit) => edit.path))),
];

/** The turns whose edits are in the pull request, round by round. */
const finished = (id: string): readonly CoderTurn[] => RECORDING.tasks[id]!.coder.filter((turn) => turn.end === "ok");

function run(dir: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: "utf8" });
  return { exitCode: status, said: stdout + stderr };
}

const check = (dir: string) => run(dir, "test/all.js");

describe("the backlog of the demo", () => {
  it("is read without a complaint", () => {
    expect(READ.problems).toEqual([]);
  });

  it("has a recording for each of its seven tasks, and one item that is broken down", () => {
    expect(LEAVES.map((item) => item.id)).toEqual(TASKS.map(([id]) => id));
    expect(LEAVES).toHaveLength(7);
    expect(READ.items.filter((item) => item.children.length > 0).map((item) => item.id)).toEqual(["T-4"]);
  });

  it.each(TASKS)("names the files that %s changes", (id) => {
    expect(LEAVES.find((item) => item.id === id)?.files).toEqual(pathsOf(finished(id)));
  });

  it("lets no two tasks change the same file, so that every pull request merges", () => {
    const paths = TASKS.flatMap(([id]) => pathsOf(finished(id)));
    expect(new Set(paths).size).toBe(paths.length);
  });

  it.each(TASKS)("estimates %s at what its recording takes, give or take the tests", (id, { coder, reviewer }) => {
    const seconds = [...coder, ...reviewer].reduce((sum, turn) => sum + turn.seconds + RECORDING.startSeconds, 0);
    const estimate = LEAVES.find((item) => item.id === id)?.estimateSeconds ?? 0;
    expect(Math.abs(estimate - seconds)).toBeLessThanOrEqual(0.4);
  });
});

describe("the recording of the demo", () => {
  it("starts from a project whose tests pass", async () => {
    await using temp = await tempFolder();
    expect(check(await tree(join(temp.path, "base"), []))).toMatchObject({ exitCode: 0 });
  });

  it.each(TASKS)("ends %s with tests that pass with its change and fail without it", async (id) => {
    await using temp = await tempFolder();
    const done = await tree(join(temp.path, "done"), finished(id));
    expect(check(done)).toMatchObject({ exitCode: 0 });
    const without = await tree(join(temp.path, "without"), finished(id), isTest);
    expect(check(without)).toMatchObject({ exitCode: 1 });
  });

  it.each(TASKS)("changes code and tests in every finished turn of %s", (id) => {
    for (const turn of finished(id)) {
      const paths = pathsOf([turn]);
      expect(paths.some(isTest) && paths.some((path) => path.startsWith("src/"))).toBe(true);
    }
  });

  it("passes its tests when every pull request is merged", async () => {
    await using temp = await tempFolder();
    const all = TASKS.flatMap(([id]) => finished(id));
    expect(check(await tree(join(temp.path, "all"), all))).toMatchObject({ exitCode: 0 });
  });

  it("sends one task back with a finding that is true, at the line that it names", async () => {
    const sentBack = TASKS.filter(([, { reviewer }]) => reviewer.some((turn) => turn.verdict === "request_changes"));
    expect(sentBack.map(([id]) => id)).toEqual(["T-1"]);
    const [finding] = sentBack[0]![1].reviewer[0]!.findings;
    await using temp = await tempFolder();
    const [first, second] = finished("T-1");
    const before = await tree(join(temp.path, "round-1"), [first!]);
    expect(check(before)).toMatchObject({ exitCode: 0 });
    expect(refund(before)).toBe("2 -3");
    expect((await readFile(join(before, finding!.path!), "utf8")).split("\n")[finding!.line! - 1]).toContain(
      "Math.round",
    );
    const after = await tree(join(temp.path, "round-2"), [first!, second!]);
    expect(refund(after)).toBe("2 -2");
  });

  it("holds the finding by a test that the first round fails", async () => {
    await using temp = await tempFolder();
    const [first, second] = finished("T-1");
    const dir = await tree(join(temp.path, "round-1"), [first!]);
    for (const edit of second!.edits.filter(({ path }) => isTest(path))) await apply(dir, edit);
    const { exitCode, said } = check(dir);
    expect(exitCode).toBe(1);
    expect(said).toMatch(/not ok \d+ - a refund gives back exactly|✖ a refund gives back exactly/);
  });

  it("crashes one coder half-way, with work that would not pass", async () => {
    const crashes = TASKS.flatMap(([id, { coder }]) =>
      coder.filter(({ end }) => end === "crash").map((turn) => ({ id, turn })),
    );
    expect(crashes.map(({ id, turn }) => [id, turn.attempt])).toEqual([["T-2", 1]]);
    await using temp = await tempFolder();
    expect(check(await tree(join(temp.path, "crashed"), [crashes[0]!.turn]))).toMatchObject({ exitCode: 1 });
  });
});

function refund(dir: string): string {
  const script = `import { discounted } from "./src/discount.js"; process.stdout.write(discounted(5, 50) + " " + discounted(-5, 50));`;
  return run(dir, "--input-type=module", "--eval", script).said;
}

describe("the replay engine", () => {
  const recording = Recording.parse(JSON.parse(DEMO_FILES[".dispatch/demo-recording.json"]!));

  it("understands the recording, word for word", () => {
    expect(recording).toMatchObject(RECORDING);
  });

  it.each(TASKS)("finds every turn of %s where the story comes to it", (id, { coder, reviewer }) => {
    const task = { id };
    for (const turn of coder) {
      const { round = 1, attempt = 1 } = turn;
      expect(pickEntry(recording, { task, role: "coder", round, attempt })).toMatchObject(turn);
    }
    for (const turn of reviewer) {
      const { round = 1 } = turn;
      expect(pickEntry(recording, { task, role: "reviewer", round, attempt: 1 })).toMatchObject(turn);
    }
  });
});
