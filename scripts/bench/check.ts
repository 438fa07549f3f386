import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findSecrets, findViolation } from "../../src/dispatch/inspect.ts";
import type { Snapshot } from "../../src/ports/repository.ts";
import type { Worktree } from "../../src/ports/worktrees.ts";
import { benchConfig, openBenchDesk, type OpenDesk, writeAgent } from "./desk.ts";
import { makeFixture } from "./fixture.ts";
import { interleave, type Variant } from "./measure.ts";
import type { Section } from "./report.ts";

/** A change as agents make them, and a large one. */
const CHANGES = [
  { files: 5, lines: 60, rounds: 20 },
  { files: 200, lines: 250, rounds: 7 },
];
const LINE = 'export const entry = readEntry(options.folder, "token", { limit: 42 });\n';

/** What a publication costs: the snapshot alone, and with what is looked for in it. Goal: 100 ms for both together. */
export async function benchCheck(): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const change of CHANGES) sections.push(await measure(change));
  return sections;
}

async function measure({ files, lines, rounds }: (typeof CHANGES)[number]): Promise<Section> {
  await using fixture = await makeFixture(2800, { "BACKLOG.md": "# Backlog\n" });
  const { agent } = await writeAgent(fixture.dir);
  await writeFile(join(fixture.checkout, "dispatch.jsonc"), benchConfig({ agent }, 1));
  await using open = await openBenchDesk(fixture);
  const request = { holder: "bench", run: "bench", task: "bench", role: "coder", lane: 1 } as const;
  const branch = "dispatch/bench--check";
  await using worktree = await open.ports.worktrees.acquire({ ...request, commit: open.base.commit, branch });
  const variant = (name: string, check: boolean): Variant => ({
    name,
    before: async (round) => await change(worktree, files, `${name} ${round}\n${LINE.repeat(lines)}`),
    async run() {
      const snapshot = await take(open, worktree);
      if (check) await look(open, snapshot);
    },
  });
  return {
    title: `publishing ${files} changed files of ${lines} lines`,
    figures: await interleave(rounds, [variant("snapshot", false), variant("snapshot and check", true)]),
    ratios: [],
    facts: { "loading the rules, once": loadMs() },
  };
}

async function change({ path }: Worktree, files: number, text: string): Promise<void> {
  for (let number = 0; number < files; number += 1) await writeFile(join(path, `changed-${number}.ts`), text);
}

async function take({ ports, desk, base }: OpenDesk, { path }: Worktree): Promise<Snapshot> {
  const said = { message: "a benchmark", author: "bench", date: "2026-01-01T00:00:00Z" };
  return await ports.repository.snapshot({
    worktree: path,
    parent: base.commit,
    ...said,
    limits: desk.settings.limits,
  });
}

async function look({ ports, desk, base }: OpenDesk, { commit: to, changes }: Snapshot): Promise<void> {
  const between = { from: base.commit, to };
  await findViolation(ports, between, changes, desk.settings.policy);
  const leak = await findSecrets(ports, between, changes, []);
  if (leak !== null) throw new Error(leak);
}

/** In a process of its own, where nothing is loaded yet. */
function loadMs(): string {
  const names = ["@secretlint/core", "@secretlint/secretlint-rule-preset-recommend"];
  const files = names.map((name) => JSON.stringify(import.meta.resolve(name)));
  const script = `const t = performance.now(); await Promise.all([${files.map((file) => `import(${file})`).join(",")}]); console.log((performance.now() - t).toFixed(0));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return `${stdout.trim()} ms`;
}
