import { afterAll, beforeAll, expect, it } from "vitest";
import { json, site, SLOW, useHeldHome, type Finished, type Site } from "../support/e2e.ts";

const home = useHeldHome();

const BACKLOG = `
- [ ] Sell apples <!-- id: A -->
- [ ] Sell pears <!-- id: B -->
- [ ] Sell plums <!-- id: C -->
`;

/** Each file in `test` names a file in `src` and what has to stand in it. */
const CHECKS =
  'for t in test/*; do read -r f word < "$t"; grep -q "$word" "$f" || { echo "$f: no $word"; exit 1; }; done';

const CODER = `
mkdir -p src; echo "sells $id" > "src/$id.txt"
if [ "$id" = C ]; then cp "$DISPATCH_INPUT" "$OUT/input-C-$DISPATCH_ROUND"; fi
if [ "$DISPATCH_ROUND" = 2 ]; then echo "in boxes" >> "src/$id.txt"; fi
`;

/** Of A something is proved, of B nothing, and of C that it lacks something; each time it leaves more than tests. */
const TESTER = `
echo sabotage > "src/$id.txt"; echo report > coverage.txt; rm test/shop
case $id-$DISPATCH_ROUND in
  A-1) echo "src/A.txt sells" > test/A; approve ;;
  B-1) echo "README.md shop" > test/B; approve ;;
  C-1) echo "src/C.txt boxes" > test/C; ask "no boxes" ;;
  C-2) grep -q boxes test/C; approve ;;
esac
`;

const FILES = { "test/shop": "README.md shop\n" };
const config = { checks: CHECKS, jobs: 1 };

let there: Site;
let run: Finished;

beforeAll(async () => {
  there = await site({ home: home.path, backlog: BACKLOG, files: FILES, coder: CODER, tester: TESTER, config });
  run = await there.run();
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

const changed = (id: string): Promise<string> =>
  there.repo.git("diff", "--name-only", "main", String(run.tasks[id]?.branch));
const authors = (id: string): Promise<string> =>
  there.repo.git("log", "--format=%an", `main..${String(run.tasks[id]?.branch)}`);
const bodyOf = async (id: string): Promise<string> => {
  const list = json(await there.dispatch("--json", "pr", "list")) as readonly { task: string; number: number }[];
  const { number } = list.find(({ task }) => task === id) ?? { number: 0 };
  return JSON.stringify(json(await there.dispatch("--json", "pr", "show", String(number))));
};

it("adopts the tests that fail without the change and pass with it, as the tester's own commit", async () => {
  expect(run.states).toEqual({ A: "ready-for-human", B: "ready-for-human", C: "ready-for-human" });
  expect(await changed("A")).toBe("src/A.txt\ntest/A");
  expect(await authors("A")).toBe("tester\ncoder");
  const message = await there.repo.git("log", "-1", "--format=%B", String(run.tasks["A"]?.branch));
  expect(message).toContain("Dispatch-Agent: tester/1.0.0");
  const body = await bodyOf("A");
  expect(body).toContain("tester: 1 file of tests adopted");
  expect(body).toContain("new tests fail without the change: yes");
});

it("takes nothing that lies elsewhere, and nothing that it deleted", async () => {
  expect(await there.repo.git("show", `${String(run.tasks["A"]?.branch)}:src/A.txt`)).toBe("sells A");
  expect(await bodyOf("A")).toMatch(/what it did to coverage\.txt, src\/A\.txt, test\/shop was not taken/);
});

it("leaves out what passes without the change, and says where it is kept", async () => {
  expect(await changed("B")).toBe("src/B.txt");
  expect(await bodyOf("B")).toContain("tests not adopted: they pass without the change");
  expect(await there.repo.git("show", "refs/dispatch/salvage/B/1:test/B")).toBe("README.md shop");
});

it("gives what fails on the change to the coder, and adopts it when it passes", SLOW, async () => {
  expect(run.tasks["C"]).toMatchObject({ rounds: 2, attempts: 2 });
  expect(await there.out("input-C-2")).toContain("src/C.txt: no boxes");
  expect(await changed("C")).toBe("src/C.txt\ntest/C");
  expect(await authors("C")).toBe("tester\ncoder\ncoder");
  expect(await there.repo.git("branch", "--list", "dispatch-test/*")).toBe("");
  expect(
    await there.repo.git("for-each-ref", "--format=%(refname)", "refs/dispatch/salvage/A", "refs/dispatch/salvage/C"),
  ).toBe("");
});

it.each(["branch:2:before:kill", "salvage-drop:1:after:kill"])(
  "pays the tester once, and adopts once, when the run is killed at the adoption: %s",
  SLOW,
  async (fault) => {
    const backlog = "- [ ] Sell apples <!-- id: A -->\n";
    await using one = await site({ home: home.path, backlog, files: FILES, coder: CODER, tester: TESTER, config });
    const { code } = await one.dispatchWith({ env: { DISPATCH_FAULT: fault } }, "run");
    expect(code).toBe(null);
    const { states, tasks } = await one.run();
    expect(states).toEqual({ A: "ready-for-human" });
    expect(await one.starts()).toEqual(["coder A 1 1", "tester A 1 1", "reviewer A 1 1"]);
    expect(await one.repo.git("log", "--format=%an", `main..${String(tasks["A"]?.branch)}`)).toBe("tester\ncoder");
    expect(await one.repo.git("for-each-ref", "refs/dispatch/salvage")).toBe("");
  },
);
