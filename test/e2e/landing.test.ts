import { afterAll, beforeAll, expect, it } from "vitest";
import { json, site, SLOW, useHeldHome, type Finished, type Ran, type Site } from "../support/e2e.ts";

const home = useHeldHome();

const BACKLOG = `
- [ ] Lower the limit <!-- id: A -->
- [ ] Rename the shop <!-- id: B -->
- [ ] Use the limit <!-- id: C -->
`;

const FILES = {
  "src/lib.cjs": "exports.limit = 10;\n",
  "src/title.cjs": 'exports.title = "shop";\n',
  "src/user.cjs": 'const { limit } = require("./lib.cjs");\nif (limit < 1) process.exit(1);\n',
};

/** A and B want the same line. C needs the limit as it was, and only its own brief tells it that A lowered it. */
const CODER = `
cat > "$OUT/brief-$id-$DISPATCH_ROUND"
case $id in
  A) echo 'exports.limit = 2;' > src/lib.cjs; echo 'exports.title = "A";' > src/title.cjs ;;
  B) if grep -q '"A"' src/title.cjs; then new=AB; else new=B; fi; echo "exports.title = \\"$new\\";" > src/title.cjs ;;
  C)
    least=5
    if grep -q "exit code 1" "$OUT/brief-$id-$DISPATCH_ROUND"; then least=2; fi
    echo 'const { limit } = require("./lib.cjs");' > src/user.cjs
    echo "if (limit < $least) { console.log('too low: ' + limit); process.exit(1); }" >> src/user.cjs ;;
esac
`;

interface Status {
  readonly tasks: readonly { readonly id: string; readonly state: string; readonly waitingFor: string | null }[];
  readonly landing: unknown;
}

let there: Site;
let first: Finished;

beforeAll(async () => {
  const config = { checks: "node src/user.cjs", jobs: 1 };
  there = await site({ home: home.path, backlog: BACKLOG, files: FILES, coder: CODER, tester: true, config });
  first = await there.run();
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

const status = async (): Promise<Status> => json(await there.dispatch("--json", "status")) as Status;
const list = async (): Promise<readonly Record<string, unknown>[]> =>
  json(await there.dispatch("--json", "pr", "list")) as readonly Record<string, unknown>[];

async function mergeOne(id: string): Promise<Ran> {
  expect(await there.dispatch("approve", id)).toMatchObject({ code: 0 });
  const ran = await there.dispatch("merge", id);
  expect(ran).toMatchObject({ code: 0 });
  return ran;
}

it("says before anybody merges who is in whose way", SLOW, async () => {
  expect(first.states).toEqual({ A: "ready-for-human", B: "ready-for-human", C: "ready-for-human" });
  expect((await status()).landing).toEqual({
    conflicts: [{ a: "A", b: "B", files: ["src/title.cjs"] }],
    order: ["C", "A", "B"],
  });
  const { stdout } = await there.dispatch("status");
  expect(stdout).toContain("warning  A and B both change src/title.cjs");
  expect((await list()).map(({ task, conflictsWith }) => [task, conflictsWith])).toEqual([
    ["C", []],
    ["B", [first.tasks["A"]?.pr]],
    ["A", [first.tasks["B"]?.pr]],
  ]);
});

it("takes the ready word from those that a merge spoils, and says so", SLOW, async () => {
  const { stderr } = await mergeOne("A");
  expect(stderr).toMatch(/B {2}conflict: main moved and both changed src\/title\.cjs/);
  expect(stderr).toMatch(/C {2}base_moved: .*src\/lib\.cjs/);
  const { tasks } = await status();
  expect(tasks.map(({ id, state }) => [id, state])).toEqual([
    ["B", "queued"],
    ["C", "queued"],
    ["A", "merged"],
  ]);
  expect(json(await there.dispatch("--json", "review"))).toEqual([]);
  expect((await list()).map(({ task, taskState }) => [task, taskState])).toEqual([
    ["C", "queued"],
    ["B", "queued"],
    ["A", "merged"],
  ]);
  expect(await there.dispatch("approve", "B")).toMatchObject({ code: 1 });
});

it("lets each coder mend its own, under the same pull request", SLOW, async () => {
  const next = await there.run("--until", "merged");
  expect(next.code).toBe(6);
  expect(next.states).toEqual({ B: "ready-for-human", C: "ready-for-human" });
  for (const id of ["B", "C"]) expect(next.tasks[id]?.pr).toBe(first.tasks[id]?.pr);
  const conflict = await there.out("brief-B-2");
  expect(conflict).toContain("both changed src/title.cjs");
  expect(conflict).toContain('+exports.title = "B";');
  expect(await there.out("brief-C-2")).toContain("too low: 2");
  expect(Object.keys(await there.repo.refs())).toEqual(
    expect.arrayContaining(["refs/dispatch/salvage/B/1", "refs/dispatch/salvage/C/1"]),
  );
});

it("merges what is left, one after the other", SLOW, async () => {
  await mergeOne("B");
  await mergeOne("C");
  const origin = (path: string): Promise<string> => there.repo.gitIn(there.repo.origin ?? "", "show", `main:${path}`);
  expect(await origin("src/title.cjs")).toBe('exports.title = "AB";');
  expect(await origin("src/user.cjs")).toContain("limit < 2");
  expect(await there.run("--until", "merged")).toMatchObject({ code: 0, states: {} });
});
