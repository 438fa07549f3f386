import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../../src/adapters/agents/read-result.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function resultOf(text: string): ReturnType<typeof readResult> {
  const file = join(temporaryFolder("result"), "result.json");
  await writeFile(file, text);
  return await readResult(file, "reviewer");
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
