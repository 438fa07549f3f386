import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openPrompts } from "../../src/adapters/prompts/open-prompts.ts";
import type { BriefParts } from "../../src/ports/prompts.ts";
import { caught } from "../support/caught.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PARTS: BriefParts = {
  ...{ id: "A", title: "Do {{ id }}", duty: "Make it.", answer: "", begun: "" },
  ...{ task: "> {% raise %} {{ secret }}", findings: "", change: "" },
};

async function withPrompt(text: string) {
  const checkout = temporaryFolder("prompts");
  await mkdir(join(checkout, ".dispatch/prompts"), { recursive: true });
  await writeFile(join(checkout, ".dispatch/prompts/coder.liquid"), text);
  return openPrompts(checkout);
}

it("a template of the user's takes the place of ours, and foreign words in it stay words", async () => {
  const prompts = await withPrompt("{{ title }}{% if findings != '' %} again{% endif %}\n{{ task }}\n");
  expect(await prompts.render("coder", PARTS)).toBe("Do {{ id }}\n> {% raise %} {{ secret }}\n");
  expect(prompts.versionOf("coder")).toMatch(/^[0-9a-f]{8}$/);
});

it("another text is another version, and without one there is none", async () => {
  const [one, other] = [await withPrompt("a"), await withPrompt("b")];
  expect(one.versionOf("coder")).not.toBe(other.versionOf("coder"));
  expect([one.versionOf("reviewer"), await one.render("reviewer", PARTS)]).toEqual([null, null]);
});

it.each(["{{ nobody_knows }}", "{{ title | shout }}", "{% if %}", "{% include 'x' %}", "{{ title.constructor }}"])(
  "what it asks for and nobody knows is an error that names the file: %s",
  async (text) => {
    const prompts = await withPrompt(text);
    const error = await caught(prompts.render("coder", PARTS));
    expect(error).toMatchObject({ code: "prompt_invalid", exit: 2 });
    expect(error.message).toContain(".dispatch/prompts/coder.liquid");
  },
);
