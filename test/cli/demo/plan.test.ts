import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { openBacklog } from "../../../src/adapters/backlog/open-backlog.ts";
import { SPAWN_SEED_SECONDS } from "../../../src/dispatch/plan-work.ts";
import { tasksOf } from "../../../src/domain/decompose.ts";
import { planRun } from "../../../src/domain/plan.ts";
import { builtDemo } from "../../support/demo-repo.ts";

it("fans the demo's backlog out over three lanes and inlines its smallest task alone", async () => {
  await using demo = await builtDemo();
  const backlog = openBacklog({ sources: [{ markdown: "BACKLOG.md" }], root: demo.dir, stdin: process.stdin });
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const { tasks, done } = tasksOf(await backlog.readItems(), { hash, known: new Set() });
  const plan = planRun({
    tasks,
    done,
    samples: [],
    configured: null,
    spawnSeconds: SPAWN_SEED_SECONDS,
    jobs: 4,
    agentFor: () => "coder",
  });
  expect(plan.fanOut).toMatchObject({ n: 7, lanes: 3, decision: "fan-out" });
  expect(plan.tasks.filter((task) => task.inline).map((task) => task.id)).toEqual(["T-6"]);
  expect(plan.conflicts).toEqual([]);
});
