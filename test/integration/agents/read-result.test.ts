import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../../src/adapters/agents/read-result.ts";
import type { Role } from "../../../src/domain/assignment.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function resultOf(text: string, role: Role = "reviewer"): ReturnType<typeof readResult> {
  const file = join(temporaryFolder("result"), "result.json");
  await writeFile(file, text);
  return await readResult(file, role);
}

test.each([
  ['{"costUsd":1e308}', "result file: costUsd: more than any run costs (10000 USD)"],
  ['{"costUsd":10000.01}', "result file: costUsd: more than any run costs (10000 USD)"],
  ['{"usage":{"inputTokens":1e13,"outputTokens":1}}', "inputTokens: more tokens than any run takes (1e12)"],
  ['{"usage":{"inputTokens":1,"outputTokens":1e300}}', "result file: usage.outputTokens: "],
  ['{"costUsd":-0.01}', "result file: costUsd: "],
  ['{"costUsd":1e999}', "result file: costUsd: "],
  ['{"usage":{"inputTokens":0.5,"outputTokens":1}}', "result file: usage.inputTokens: "],
])("a result whose sums would be no numbers is not taken: %s", async (text, why) => {
  expect(await resultOf(text)).toMatchObject({ kind: "invalid", why: expect.stringContaining(why) as string });
});

test("the dearest run there may be still is one", async () => {
  const usage = { inputTokens: 1e12, outputTokens: 0 };
  expect(await resultOf(JSON.stringify({ costUsd: 10_000, usage }))).toMatchObject({
    ...{ kind: "valid", costUsd: 10_000, usage },
  });
});

test("tasks are a planner's: with what may be left out, and nothing that could be anything else", async () => {
  const tasks = [
    { id: "a", title: "A", more: 1 },
    { id: "b", title: "B", body: "how", estimate: "5m", after: ["a"] },
  ];
  expect(await resultOf(JSON.stringify({ tasks }), "planner")).toMatchObject({
    kind: "valid",
    tasks: [
      { id: "a", title: "A", body: "", files: [], after: [], estimate: null },
      { id: "b", title: "B", body: "how", files: [], after: ["a"], estimate: 300 },
    ],
  });
  expect(await resultOf('{"tasks":[{"id":"a"}]}', "planner")).toMatchObject({
    kind: "invalid",
    why: expect.stringContaining("result file: tasks.0.title") as string,
  });
  expect(await resultOf('{"tasks":[{"id":"a","title":"A","estimate":-1}]}', "planner")).toMatchObject({
    kind: "invalid",
  });
  expect(await resultOf('{"retryAt":"2999-01-01T00:00:00Z"}', "planner")).toMatchObject({ kind: "valid" });
  const judged = await resultOf('{"verdict":"approve","tasks":"none of its business"}');
  expect(judged).toMatchObject({ kind: "valid", verdict: { decision: "approve" } });
  expect(judged).not.toHaveProperty("tasks");
});
