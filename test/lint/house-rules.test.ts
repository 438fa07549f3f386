import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Case {
  readonly file: string;
  readonly code: string;
  readonly fires: boolean;
}

const fires = (file: string, code: string): Case => ({ file, code, fires: true });
const silent = (file: string, code: string): Case => ({ file, code, fires: false });

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "inward-imports": [
    fires("src/domain/a.ts", `import type { Agent } from "../ports/agent.ts";`),
    fires("src/domain/b.ts", `import { join } from "node:path";`),
    fires("src/domain/c.ts", `import { z } from "zod";`),
    fires("src/domain/d.ts", `export type T = import("../ports/agent.ts").Agent;`),
    fires("src/ports/a.ts", `export * from "../dispatch/run-task.ts";`),
    fires("src/dispatch/a.ts", `import type { Health } from "../fleet/health-report.ts";`),
    fires("src/dispatch/b.ts", `import type { Config } from "../config/schema.ts";`),
    fires("src/dispatch/c.ts", `import { rm } from "node:fs/promises";`),
    fires("src/dispatch/d.ts", `import PQueue from "p-queue";`),
    fires("src/fleet/a.ts", `import { x } from "../dispatch/plan.ts";`),
    fires("src/config/a.ts", `import { x } from "../ports/agent.ts";`),
    fires("src/adapters/checks/a.ts", `import { x } from "../engine/dbos.ts";`),
    fires("src/adapters/checks/b.ts", `export { x } from "../../dispatch/run-task.ts";`),
    fires("src/cli/commands/a.ts", `export const load = () => import("../../adapters/git/git.ts");`),
    fires("src/main.ts", `import { x } from "./adapters/git/git.ts";`),
    fires("src/adapters/git/a.ts", `import { x } from "../../../test/support/git-repo.ts";`),
    fires("src/unheard-of/a.ts", `import { x } from "../domain/task.ts";`),
    silent("src/domain/ok.ts", `import type { Task } from "./task.ts";`),
    silent("src/ports/ok.ts", `import type { Task } from "../domain/task.ts";`),
    silent("src/dispatch/ok.ts", `import { x } from "../ports/agent.ts"; import { y } from "../domain/task.ts";`),
    silent("src/adapters/checks/ok.ts", `import { x } from "../process/run-command.ts"; import "../git/git.ts";`),
    silent("src/adapters/checks/ok2.ts", `import type { Config } from "../../config/schema.ts"; import "./log.ts";`),
    silent("src/cli/compose.ts", `export const load = () => import("../adapters/git/git.ts");`),
    silent("src/cli/compose-host.ts", `import { x } from "../adapters/git/git.ts";`),
    silent("test/domain/ok.test.ts", `import { x } from "../../src/adapters/git/git.ts";`),
  ],
  "one-door": [
    fires("src/adapters/checks/execa.ts", `import { execa } from "execa";`),
    fires("src/config/load-zod.ts", `import type { z } from "zod";`),
    fires("src/dispatch/dbos.ts", `import { DBOS } from "@dbos-inc/dbos-sdk/dist/src/index.js";`),
    fires("src/adapters/checks/spawn.ts", `import { spawn } from "node:child_process";`),
    fires("src/adapters/checks/spawn2.ts", `export const load = () => import("child_process");`),
    fires("src/adapters/git/stranger.ts", `import leftPad from "left-pad";`),
    silent("src/adapters/process/execa.ts", `import { execa } from "execa"; import "node:child_process";`),
    silent("src/adapters/agents/schema.ts", `import { z } from "zod";`),
    silent("src/dispatch/run-lane.ts", `import PQueue from "p-queue"; import { join } from "node:path";`),
    silent("scripts/anything.ts", `import { execa } from "execa";`),
  ],
  "no-wall-clock": [
    fires("src/domain/now.ts", `export const at = Date.now();`),
    fires("src/domain/now2.ts", `export const at = Date["now"];`),
    fires("src/dispatch/today.ts", `export const at = new Date();`),
    fires("src/dispatch/dice.ts", `export const n = Math.random();`),
    fires("src/domain/ticks.ts", `export const t = performance.now();`),
    fires("src/domain/text.ts", `export const t = Date();`),
    silent("src/domain/parse.ts", `export const at = new Date("2026-01-01T00:00:00Z").getTime();`),
    silent("src/domain/floor.ts", `export const n = Math.floor(1.5);`),
    silent("src/adapters/engine/now.ts", `export const at = Date.now();`),
  ],
  "no-shell": [
    fires("src/adapters/process/shell.ts", `run("npm", ["test"], { shell: true });`),
    fires("src/adapters/process/shell2.ts", `const shell = "/bin/sh"; run("npm", ["test"], { shell });`),
    fires("src/adapters/process/exec.ts", `import { execSync } from "node:child_process";`),
    silent("src/adapters/process/no-shell.ts", `run("npm", ["test"], { shell: false });`),
    silent("src/cli/completion.ts", `const { shell } = options; export default shell;`),
    silent("src/adapters/process/exec-file.ts", `import { execFile } from "node:child_process";`),
  ],
  "static-log-message": [
    fires("src/adapters/git/log.ts", "log.warn({ task }, `task ${task} stalled`);"),
    fires("src/adapters/git/log2.ts", `this.logger.error("task " + task);`),
    silent("src/adapters/git/log-ok.ts", `log.warn({ task }, "agent stalled");`),
    silent("src/adapters/git/say-ok.ts", "say.warn(`task ${task} stalled`);"),
  ],
};

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

/** Lints a tree of its own; without a configuration, by the house rules alone. */
function lint(files: Readonly<Record<string, string>>, config?: string): readonly Diagnostic[] {
  const dir = mkdtempSync(join(tmpdir(), "dispatch-lint-"));
  for (const folder of ["src", "test", "scripts"]) mkdirSync(join(dir, folder));
  for (const [file, code] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), `${code}\n`);
  }
  const compilerOptions = { strict: true, noEmit: true, allowImportingTsExtensions: true, module: "nodenext" };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src", "test"] }));
  const rules = Object.fromEntries(Object.keys(CASES).map((rule) => [`house/${rule}`, "error"]));
  const houseOnly = { jsPlugins: [join(ROOT, ".ci/lint/plugin.js")], categories: { correctness: "off" }, rules };
  writeFileSync(join(dir, "house.json"), JSON.stringify(houseOnly));
  const args = ["-c", config ?? "house.json", "-f", "json", "src", "test", "scripts"];
  const bin = join(ROOT, "node_modules/.bin");
  // oxlint looks for its type-aware half on PATH.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const run = spawnSync(join(bin, "oxlint"), args, { cwd: dir, env, encoding: "utf8" });
  rmSync(dir, { recursive: true });
  return (JSON.parse(run.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}

/** `rule file` of every report. */
let reports: ReadonlySet<string>;

beforeAll(() => {
  const files = Object.fromEntries(
    Object.values(CASES)
      .flat()
      .map(({ file, code }) => [file, code]),
  );
  reports = new Set(lint(files).map(({ code, filename }) => `${code.replace(/^house\((.*)\)$/, "$1")} ${filename}`));
});

describe.each(Object.entries(CASES))("the rule %s", (rule, cases) => {
  it.each(cases.filter((one) => one.fires))("fires on $file: $code", ({ file }) => {
    expect(reports).toContain(`${rule} ${file}`);
  });

  it.each(cases.filter((one) => !one.fires))("stays silent on $file: $code", ({ file }) => {
    expect(reports).not.toContain(`${rule} ${file}`);
  });
});

/** What the linter's own rules must catch under the gate's configuration; a tool that checks nothing stays green. */
const BUILT_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "typescript(no-floating-promises)": {
    "src/dispatch/float.ts": "export function f(): void {\n  Promise.resolve();\n}",
  },
  "typescript(switch-exhaustiveness-check)": {
    "src/domain/switch.ts": `export function f(x: "a" | "b"): void {\n  switch (x) {\n    case "a":\n  }\n}`,
  },
  "typescript(no-explicit-any)": { "src/domain/any.ts": "export type Anything = any;" },
  "import(no-cycle)": {
    "src/domain/left.ts": `import type { Right } from "./right.ts";\nexport type Left = Right | 1;`,
    "src/domain/right.ts": `import type { Left } from "./left.ts";\nexport type Right = Left | 2;`,
  },
  "import(no-default-export)": { "src/domain/default.ts": "export default 1;" },
  "eslint(max-lines)": { "src/domain/long.ts": "export {};\n".repeat(251) },
  "eslint(no-console)": { "src/cli/loud.ts": "console.log(1);" },
  "vitest(no-focused-tests)": { "test/only.test.ts": `import { it } from "vitest";\nit.only("x", () => {});` },
  "vitest(no-disabled-tests)": { "test/skip.test.ts": `import { it } from "vitest";\nit.skip("x", () => {});` },
  "vitest(no-restricted-vi-methods)": { "test/mock.test.ts": `import { vi } from "vitest";\nvi.mock("./x.ts");` },
  "typescript(ban-ts-comment)": { "src/domain/hush.ts": "// @ts-ignore\nexport const x: number = 1;" },
};

describe("the gate's own configuration", () => {
  it("switches every house rule on, and has no rule without a case here", async () => {
    const { default: plugin } = (await import(join(ROOT, ".ci/lint/plugin.js"))) as {
      default: { rules: Record<string, unknown> };
    };
    const config = JSON.parse(readFileSync(join(ROOT, ".ci/oxlint.json"), "utf8")) as {
      rules: Record<string, unknown>;
    };
    expect(Object.keys(plugin.rules).toSorted()).toEqual(Object.keys(CASES).toSorted());
    for (const rule of Object.keys(CASES)) expect(config.rules[`house/${rule}`]).toBe("error");
  });

  it.each(Object.keys(BUILT_IN))("catches %s", (rule) => {
    expect(lint(BUILT_IN[rule]!, join(ROOT, ".ci/oxlint.json")).map(({ code }) => code)).toContain(rule);
  });
});
