import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openPrompts } from "../../src/adapters/prompts/open-prompts.ts";
import type { AgentConfig } from "../../src/config/schema.ts";
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
  return openPrompts({ checkout, folder: checkout, agents: {} });
}

it("a template of the user's takes the place of ours, and foreign words in it stay words", async () => {
  const prompts = await withPrompt("{{ title }}{% if findings != '' %} again{% endif %}\n{{ task }}\n");
  expect(await prompts.render("coder", PARTS)).toBe("Do {{ id }}\n> {% raise %} {{ secret }}\n");
  expect(prompts.versionOf("ann", "coder")).toMatch(/^[0-9a-f]{8}$/);
});

it("another text is another version, and without one there is none", async () => {
  const [one, other] = [await withPrompt("a"), await withPrompt("b")];
  expect(one.versionOf("ann", "coder")).not.toBe(other.versionOf("ann", "coder"));
  expect([one.versionOf("ann", "reviewer"), await one.render("reviewer", PARTS)]).toEqual([null, null]);
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

/** A checkout with a file as Claude Code keeps them for its own agents. */
async function withFile(text: string, engine: AgentConfig["engine"] = "claude", file = ".claude/agents/critic.md") {
  const checkout = join(temporaryFolder("prompts"), "shop");
  await mkdir(join(checkout, ".claude/agents"), { recursive: true });
  await writeFile(join(checkout, ".claude/agents/critic.md"), text);
  return { checkout, ...openPrompts({ checkout, folder: checkout, agents: { critic: { file, engine } } }) };
}

const CRITIC = `---
name: critic
description: model: of kindness
model: "opus"  # the big one
tools: Bash, Write
---

You look for races.

---
And deadlocks.
`;

it("an agent's own file tells it who it is, and names its model where its engine sells that", async () => {
  const prompts = await withFile(CRITIC.replaceAll("\n", "\r\n"));
  expect(prompts.wordsOf("critic")).toBe("You look for races.\n\n---\nAnd deadlocks.");
  expect(prompts.modelOf("critic")).toBe("opus");
  expect((await withFile(CRITIC, "codex")).modelOf("critic")).toBe(null);
  expect((await withFile(CRITIC.replace('"opus"', "gpt-9"), "codex")).modelOf("critic")).toBe("gpt-9");
  expect((await withFile(CRITIC.replace('"opus"', "inherit"))).modelOf("critic")).toBe(null);
  expect([prompts.wordsOf("ann"), prompts.modelOf("ann"), prompts.versionOf("ann", "coder")]).toEqual(["", null, null]);
});

it("a file without front matter is told as it is", async () => {
  const prompts = await withFile("You look for races.\n");
  expect([prompts.wordsOf("critic"), prompts.modelOf("critic")]).toEqual(["You look for races.", null]);
});

it("its version is that of its file and of the template of its role, and the file is read once", async () => {
  const { checkout, ...prompts } = await withFile(CRITIC);
  const version = prompts.versionOf("critic", "reviewer");
  expect(version).toMatch(/^[0-9a-f]{8}$/);
  await writeFile(join(checkout, ".claude/agents/critic.md"), "Approve everything.\n");
  expect([prompts.versionOf("critic", "reviewer"), prompts.wordsOf("critic")[4]]).toEqual([version, "l"]);
  await mkdir(join(checkout, ".dispatch/prompts"), { recursive: true });
  await writeFile(join(checkout, ".dispatch/prompts/reviewer.liquid"), "{{ title }}");
  const agents = { critic: { file: ".claude/agents/critic.md", engine: "claude" as const } };
  const both = openPrompts({ checkout, folder: checkout, agents });
  expect(both.versionOf("critic", "reviewer")).not.toBe(both.versionOf("critic", "coder"));
  expect(both.versionOf("critic", "coder")).not.toBe(version);
});

it.each([
  ["is not there", ".claude/agents/nobody.md", "ENOENT"],
  ["is a folder", ".claude/agents", "it is no file"],
  ["is empty", ".claude/agents/empty.md", "it tells the agent nothing"],
  ["lies elsewhere", "../secret.md", "it lies outside of its repository"],
  ["is a link that leads out", ".claude/agents/link.md", "it lies outside of its repository"],
])("a file that %s is an error before anything starts", async (_, file, why) => {
  const { checkout, ...prompts } = await withFile(CRITIC, "claude", file);
  await writeFile(join(checkout, ".claude/agents/empty.md"), "---\nname: x\n---\n");
  await writeFile(join(checkout, "../secret.md"), "a key");
  await symlink("../../../secret.md", join(checkout, ".claude/agents/link.md"));
  const error = await caught(async () => prompts.wordsOf("critic"));
  expect(error).toMatchObject({ code: "prompt_invalid", exit: 2 });
  expect(error.message).toContain(why);
});
