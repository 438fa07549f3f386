import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Plan } from "../../src/domain/plan.ts";
import { json, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";

const held = useHeldHome();

const BACKLOG = `- [ ] Search <!-- id: search -->
  People should find things.
- [ ] Small <!-- id: small -->
`;

/** First two tasks for the same files; then, told so, two that are apart. */
const PLANNER = `
id=$DISPATCH_TASK_ID
echo "looking at $id"
one="{\\"id\\":\\"$id-1\\",\\"title\\":\\"Index\\",\\"body\\":\\"Index the titles.\\",\\"files\\":[\\"src/$id-1.txt\\"],\\"estimate\\":\\"5m\\"}"
two="{\\"id\\":\\"$id-2\\",\\"title\\":\\"Page\\",\\"files\\":[\\"src/$id-2.txt\\"],\\"after\\":[]}"
if grep -q 'overlap in their files' "$DISPATCH_INPUT"; then
  echo "{\\"tasks\\":[$one,$two],\\"costUsd\\":0.25}" > "$DISPATCH_RESULT"
else
  echo "{\\"tasks\\":[$one,{\\"id\\":\\"$id-2\\",\\"title\\":\\"All\\",\\"files\\":[\\"src/*\\"]}],\\"costUsd\\":0.25}" > "$DISPATCH_RESULT"
fi
touch left-behind
`;

interface Answer {
  readonly proposals: readonly Readonly<Record<string, unknown>>[];
  readonly backlog: unknown;
}

async function siteWithPlanner(backlog: string): Promise<Site> {
  const there = await site({ home: held.path, backlog, files: { "planner.sh": PLANNER } });
  const file = join(there.repo.dir, "dispatch.jsonc");
  const config = JSON.parse(await readFile(file, "utf8")) as { agents: Record<string, unknown> };
  config.agents["planner"] = { role: "planner", engine: "command", command: ["/bin/sh", "planner.sh"] };
  await writeFile(file, JSON.stringify(config));
  await there.repo.git("commit", "-qam", "a planner");
  return there;
}

it(
  "a planner's tasks are shown, written below their item at the user's word, and worked like all others",
  SLOW,
  async () => {
    await using there = await siteWithPlanner(BACKLOG);
    const file = join(there.repo.dir, "BACKLOG.md");
    const shown = await there.dispatch("--json", "plan", "--propose", "search");
    const answer = json(shown) as Answer;
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(answer).toMatchObject({ v: 1, costUsd: 0.5 });
    expect(answer.proposals).toMatchObject([
      {
        ...{
          item: "search",
          agent: "planner",
          refused: [],
          reason: null,
          costUsd: 0.5,
          written: null,
          unwritten: null,
        },
        tasks: [
          {
            id: "search-1",
            title: "Index",
            body: "Index the titles.",
            files: ["src/search-1.txt"],
            after: [],
            estimate: 300,
          },
          { id: "search-2", title: "Page", estimate: null },
        ],
      },
    ]);
    expect(await readFile(file, "utf8")).toBe(BACKLOG);
    expect(await there.repo.git("status", "--porcelain")).toBe("");
    expect(await there.repo.git("branch", "--list", "dispatch*")).toBe("");

    // As a backlog of its own.
    await writeFile(join(there.repo.temp, "tasks.json"), JSON.stringify(answer.backlog));
    const env = { DISPATCH_BACKLOG: JSON.stringify([{ file: join(there.repo.temp, "tasks.json") }]) };
    const plan = json(await there.dispatchWith({ env }, "--json", "plan")) as Plan;
    expect(plan.tasks.map(({ id }) => id).toSorted()).toEqual(["search-1", "search-2"]);

    const written = await there.dispatch("plan", "--propose", "search", "--write");
    expect(written.stdout).toBe(`search  Search (planner, $0.50)
  search-1  Index  est 5m00s  src/search-1.txt
  search-2  Page              src/search-2.txt
  added to BACKLOG.md
`);
    expect(written.code).toBe(0);
    expect(await readFile(file, "utf8")).toBe(`- [ ] Search <!-- id: search -->
  People should find things.

  - [ ] Index <!-- id: search-1 est: 5m files: src/search-1.txt -->
    Index the titles.
  - [ ] Page <!-- id: search-2 files: src/search-2.txt -->
- [ ] Small <!-- id: small -->
`);
    expect(await there.repo.git("status", "--porcelain")).toBe(" M BACKLOG.md");
    const again = await there.dispatch("--json", "plan", "--propose", "search");
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain("search has open sub-tasks already");

    const done = await there.run();
    expect(done.states).toEqual({
      ...{ "search-1": "ready-for-human", "search-2": "ready-for-human", small: "ready-for-human" },
    });
    const cost = json(await there.dispatch("--json", "cost", "--by", "role")) as { rows: readonly unknown[] };
    expect(cost.rows).toContainEqual(expect.objectContaining({ name: "planner", turns: 4, unpriced: 0, costUsd: 1 }));
    expect((await there.dispatch("logs", "search")).stdout).toContain("looking at search");
  },
);

it("what was changed meanwhile is not written over; what nobody can plan is an error with the mend", SLOW, async () => {
  await using there = await siteWithPlanner(BACKLOG);
  await writeFile(
    join(there.repo.dir, "planner.sh"),
    `echo '- [ ] Mine' >> ${join(there.repo.dir, "BACKLOG.md")}\n${PLANNER}`,
  );
  await there.repo.git("commit", "-qam", "a planner that is slow");
  await there.repo.git("push", "-q", there.repo.origin ?? "", "HEAD:main");
  const meanwhile = await there.dispatch("plan", "--propose", "small", "--write");
  expect(meanwhile.stdout).toContain("not written: BACKLOG.md was changed while the planner worked");
  expect(meanwhile.code).toBe(3);
  expect(await readFile(join(there.repo.dir, "BACKLOG.md"), "utf8")).toBe(`${BACKLOG}- [ ] Mine\n- [ ] Mine\n`);

  expect(await there.dispatch("plan", "--write")).toMatchObject({ code: 2 });
  await using bare = await site({ home: held.path, backlog: BACKLOG });
  const nobody = await bare.dispatch("plan", "--propose");
  expect(nobody).toMatchObject({ code: 2, stdout: "" });
  expect(nobody.stderr).toContain('"planner": { "role": "planner"');
});

it.each(["SIGINT", "SIGKILL"] as const)(
  "after %s in the midst of a planner's turn nothing of it is left, and it is asked again",
  SLOW,
  async (signal) => {
    await using there = await siteWithPlanner(BACKLOG);
    const planner = async (body: string): Promise<void> => {
      await writeFile(join(there.repo.dir, "planner.sh"), body);
      await there.repo.git("commit", "-qam", "another planner");
      await there.repo.git("push", "-q", there.repo.origin ?? "", "HEAD:main");
    };
    await planner(`echo there > ${join(there.repo.temp, "out", "here")}\nexec sleep 600\n`);
    const asked = there.start("plan", "--propose", "small", "--write");
    await there.out("here");
    asked.signal(signal);
    expect((await asked.ended).code).toBe(signal === "SIGINT" ? 130 : null);
    await planner(PLANNER);
    const again = json(await there.dispatch("--json", "plan", "--propose", "small")) as Answer;
    expect(again.proposals).toMatchObject([
      { item: "small", reason: null, tasks: [{ id: "small-1" }, { id: "small-2" }] },
    ]);
    expect(await there.flags()).toEqual([]);
    expect(await there.repo.git("status", "--porcelain")).toBe("");
    expect(await there.repo.git("branch", "--list", "dispatch*")).toBe("");
  },
);
