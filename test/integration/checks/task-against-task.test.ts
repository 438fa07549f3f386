import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checksAgent } from "../../../src/adapters/agents/checks-agent.ts";
import type { ChecksOptions } from "../../../src/adapters/checks/checks-options.ts";
import { anItem } from "../../support/domain-data.ts";
import { type AgentSite, agentSite } from "../../support/agent-site.ts";
import { put, says, type StoryHouse, storyHouse, type StoryOptions } from "../../support/story.ts";

/** A whole run with the real checks; without a fence, so that an attack shows by what it leaves anywhere. */
async function house(
  site: AgentSite,
  config: Pick<ChecksOptions["config"], "checks" | "setup">,
  options: StoryOptions,
): Promise<StoryHouse> {
  const checks = site.checks(config);
  const made = await storyHouse({
    checks: () => Promise.reject(new Error("not these")),
    wrapPorts(ports) {
      const identity = { name: "tester", engine: "checks", version: "1", role: "tester" as const, skills: [] };
      const agents = new Map([...ports.agents, ["tester", checksAgent({ identity, checks, clock: ports.clock })]]);
      return { ...ports, checks, agents };
    },
    ...options,
    settings: { jobs: 1, rounds: 2, ...options.settings },
  });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

const linesOf = async (path: string): Promise<readonly string[]> =>
  existsSync(path) ? (await readFile(path, "utf8")).trim().split("\n") : [];

it("the secrets of `setup` are for the base's own files, however often a task makes it run", async () => {
  const site = agentSite();
  const told = join(site.folder, "told");
  const script = (who: string): string =>
    `mkdir -p node_modules; echo ${who} > node_modules/by; echo "${who} \${NPM_TOKEN:-none}" >> '${told}'\n`;
  const manifest = JSON.stringify({ name: "shop", version: "1.0.0", scripts: { postinstall: "sh tools/gen.sh" } });
  const lock = JSON.stringify({ name: "shop", version: "1.0.0", lockfileVersion: 3, requires: true, packages: {} });
  const command = "npm ci --offline --no-audit --no-fund";
  process.env.NPM_TOKEN = "t-123";
  onTestFinished(() => void delete process.env.NPM_TOKEN);
  const rounds = [says({ decision: "request_changes", findings: [], summary: "once more" })];
  const runs = await house(
    site,
    { checks: "cat node_modules/by", setup: { command, network: "open", env: ["NPM_TOKEN"], mounts: [] } },
    {
      items: [anItem("A")],
      files: {
        "package.json": manifest,
        "package-lock.json": lock,
        "tools/gen.sh": script("base"),
        ".gitignore": "node_modules/\n",
      },
      async coder({ round }, cwd) {
        await put(cwd, "tools/gen.sh", `${script("task")}# ${round}\n`);
        await rm(join(cwd, "node_modules"), { recursive: true });
      },
      reviewer: async () => rounds.shift() ?? says({ decision: "approve", findings: [], summary: "fine" }),
    },
  );
  expect(await runs.run()).toMatchObject([{ id: "A", state: "ready-for-human", rounds: 2 }]);
  const ran = await linesOf(told);
  expect(new Set(ran)).toEqual(new Set(["base t-123"]));
  // The coder's slot twice, since it had thrown its own away, and one for those who look.
  expect(ran.length).toBeGreaterThanOrEqual(3);
}, 60_000);

const RUNNER = "! grep -rq broken src";
const SETUP = `mkdir -p node_modules/.bin; echo '${RUNNER}' > node_modules/.bin/runner`;

it.each([
  ["what `setup` made", { setup: SETUP, checks: "sh test.sh && sh node_modules/.bin/runner" }],
  [
    "what they put there themselves",
    { checks: `sh test.sh && [ -e node_modules/.bin/runner ] || { ${SETUP}; } && sh node_modules/.bin/runner` },
  ],
  [
    "what lies deeper",
    { setup: `mkdir -p a && cd a && ${SETUP}`, checks: "sh test.sh && sh a/node_modules/.bin/runner" },
  ],
])("the tests of one task do not decide those of the next by changing %s", async (_, config) => {
  const site = agentSite();
  const runs = await house(site, config, {
    items: [anItem("A"), anItem("B")],
    files: { "test.sh": "true\n", "src/a.txt": "a\n", ".gitignore": "node_modules\n" },
    reviewer: null,
    async coder({ task }, cwd) {
      if (task.id === "B") return await put(cwd, "src/b.txt", "broken\n");
      const fake = "mkdir -p $d/node_modules/.bin; echo true > $d/node_modules/.bin/runner";
      await put(cwd, "test.sh", `for d in . a; do [ ! -d $d ] || { ${fake}; }; done\n`);
    },
  });
  const ended = await runs.run();
  expect(ended.map(({ id, state }) => [id, state])).toEqual([
    ["A", "ready-for-human"],
    ["B", "needs-human"],
  ]);
});

it("tasks that change nothing there find what was set up once, and write their caches", async () => {
  const site = agentSite();
  const count = join(site.folder, "count");
  const setup = `${SETUP}; echo 1 >> '${count}'`;
  const checks = "sh node_modules/.bin/runner && ! [ -e node_modules/.cache ] && mkdir node_modules/.cache";
  const items = [anItem("A"), anItem("B"), anItem("C")];
  const files = { "src/a.txt": "a\n", ".gitignore": "node_modules\n" };
  const runs = await house(site, { setup, checks }, { items, files, reviewer: null });
  expect((await runs.run()).map(({ state }) => state)).toEqual(items.map(() => "ready-for-human"));
  // One for those who write, one for those who look.
  expect(await linesOf(count)).toEqual(["1", "1"]);
});

it.each([
  ["with `setup`", { setup: SETUP }, RUNNER],
  ["without", {}, null],
])("a coder finds nothing of the coder before it in its dependencies, %s", async (_, config, expected) => {
  const site = agentSite();
  const found: (string | null)[] = [];
  const runs = await house(
    site,
    { checks: "true", ...config },
    {
      items: [anItem("A"), anItem("B")],
      files: { "src/a.txt": "a\n", ".gitignore": "node_modules\n" },
      reviewer: null,
      async coder({ task }, cwd) {
        const runner = join(cwd, "node_modules/.bin/runner");
        found.push(existsSync(runner) ? (await readFile(runner, "utf8")).trim() : null);
        await put(cwd, `src/${task.id}.txt`, "1\n");
        await put(cwd, "node_modules/.bin/runner", "evil\n");
        await writeFile(join(cwd, "node_modules/more"), "evil");
      },
    },
  );
  await runs.run();
  expect(found).toEqual([expected, expected]);
});
