import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { missingForRun } from "../../src/config/runnable.ts";
import { checkout } from "../support/checkout.ts";
import { cli } from "../support/cli.ts";

const MANIFEST = JSON.stringify({ scripts: { test: "node --test" } });

/** A PATH on which only these programs are. */
function pathWith(...programs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-path-"));
  for (const program of programs) {
    writeFileSync(join(folder, program), "#!/bin/sh\n");
    chmodSync(join(folder, program), 0o755);
  }
  return folder;
}

describe("dispatch init without questions", () => {
  it.each([
    ["claude", { ANTHROPIC_API_KEY: "k" }, { apiKeyEnv: "ANTHROPIC_API_KEY" }],
    ["claude", {}, { login: "inherit" }],
    ["codex", { OPENAI_API_KEY: "k" }, { apiKeyEnv: "OPENAI_API_KEY" }],
    ["opencode", { ANTHROPIC_API_KEY: "k" }, { apiKeyEnv: "ANTHROPIC_API_KEY" }],
    ["gemini", { ANTHROPIC_API_KEY: "k" }, { login: "inherit" }],
  ])("writes a configuration that could run with %s, %j, the checks and the backlog it found", async (...given) => {
    const [engine, keys, access] = given;
    const cwd = checkout({ "package.json": MANIFEST, "TODO.md": "- [ ] x\n" });
    const { code, stdout, stderr } = await cli(["init", "--yes"], { cwd, env: { PATH: pathWith(engine), ...keys } });
    expect(code).toBe(0);
    expect(stdout).toBe("wrote dispatch.jsonc\n");
    expect(stderr).toContain("next     dispatch doctor, then dispatch plan");
    expect(stderr.includes(`${engine} uses yours`)).toBe("login" in access);
    const loaded = loadConfig({ cwd, env: {} });
    expect(missingForRun(loaded)).toEqual([]);
    expect(loaded.config).toMatchObject({
      backlog: [{ markdown: "TODO.md" }],
      checks: ["npm test"],
      pipeline: ["code", "test", "review"],
      agents: { coder: { engine, ...access }, reviewer: { engine, ...access } },
    });
  });

  it("lets a reviewer of the person's Claude Code be the reviewer", async () => {
    const files = { "BACKLOG.md": "", ".claude/agents/code-reviewer.md": "Be kind.", ".claude/agents/a.md": "x" };
    const cwd = checkout(files);
    await cli(["init", "--yes"], { cwd, env: { PATH: pathWith("claude") } });
    const { agents } = loadConfig({ cwd, env: {} }).config;
    expect([agents["reviewer"]?.file, agents["coder"]?.file]).toEqual([".claude/agents/code-reviewer.md", undefined]);
  });

  it("takes the program that it is told to take", async () => {
    const cwd = checkout({ "BACKLOG.md": "" });
    await cli(["init", "--agent", "./agent.sh --fast"], { cwd, env: { PATH: pathWith("claude") } });
    expect(loadConfig({ cwd, env: {} }).config.agents["coder"]).toMatchObject({ command: ["./agent.sh", "--fast"] });
  });

  it("writes a valid file with the place of the coder where no agent is found, and says so", async () => {
    const cwd = checkout();
    const { stderr } = await cli(["init", "--no-input"], { cwd, env: { PATH: pathWith() } });
    expect(stderr).toContain("none found: put yours into agents.coder");
    expect(stderr).toContain("not there yet");
    const loaded = loadConfig({ cwd, env: {} });
    expect(loaded.config.agents).toEqual({});
    expect(missingForRun(loaded)).toEqual(["no agent has the role coder"]);
    expect(readFileSync(join(cwd, "dispatch.jsonc"), "utf8")).toContain('// "coder": {');
  });

  it("offers every part that it could not fill in: without its comment signs the file could run", async () => {
    const cwd = checkout();
    await cli(["init", "--no-input"], { cwd, env: { PATH: pathWith() } });
    const file = join(cwd, "dispatch.jsonc");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^( *)\/\/ (?=")/gm, "$1"));
    const loaded = loadConfig({ cwd, env: {} });
    expect(missingForRun(loaded)).toEqual([]);
    expect(loaded.config).toMatchObject({ checks: ["npm test"], pipeline: ["code", "test", "review"] });
  });

  it("names the first commit as the next step where there is none", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "dispatch-empty-"));
    execFileSync("git", ["init", "--quiet"], { cwd });
    const { code, stderr } = await cli(["init", "--yes"], { cwd });
    expect(code).toBe(0);
    expect(stderr).not.toContain("trust");
    expect(stderr).toContain("  next     git add dispatch.jsonc && git commit -m start, then dispatch doctor");
  });

  it("writes at the top of the checkout, from any folder in it", async () => {
    const cwd = checkout({ "src/a.ts": "" });
    const { stdout } = await cli(["init", "-y", "--json"], {
      cwd: join(cwd, "src"),
      env: { PATH: pathWith("claude") },
    });
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, file: join(cwd, "dispatch.jsonc"), checks: null });
  });
});

describe("dispatch init refuses", () => {
  it.each(["dispatch.jsonc", ".dispatch/config.jsonc"])("to overwrite %s", async (name) => {
    const cwd = checkout({ [name]: "{}" });
    const { code, stderr } = await cli(["init", "--yes"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${name} is there already`);
    expect(readFileSync(join(cwd, name), "utf8")).toBe("{}");
  });

  it("to write through a link that leads nowhere", async () => {
    const cwd = checkout();
    symlinkSync(join(cwd, "elsewhere.jsonc"), join(cwd, "dispatch.jsonc"));
    const { code, stderr } = await cli(["init", "--yes"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("error: dispatch.jsonc is there already");
  });

  it("a folder without a repository", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "dispatch-nowhere-"));
    expect(await cli(["init", "--yes"], { cwd })).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("the wizard", () => {
  const person = { env: { PATH: "", TERM: "xterm" } };

  it("offers what it found, and writes what was answered", async () => {
    const cwd = checkout({ "package.json": MANIFEST, "BACKLOG.md": "" });
    const keys = ["\r", "\r", "\r"];
    const { code, stderr } = await cli(["init"], { cwd, ...person, env: { PATH: pathWith("claude") }, keys });
    expect(stderr).toContain("Who writes the code?");
    expect(code).toBe(0);
    expect(loadConfig({ cwd, env: {} }).config).toMatchObject({
      agents: { coder: { engine: "claude" } },
      checks: ["npm test"],
    });
  });

  it("writes nothing when it is left", async () => {
    const cwd = checkout();
    const { code, stderr } = await cli(["init"], { cwd, ...person, keys: ["\u0003"] });
    expect(code).toBe(130);
    expect(stderr).toContain("You left the wizard; nothing was written.");
    expect(() => readFileSync(join(cwd, "dispatch.jsonc"))).toThrow("ENOENT");
  });

  it("is not for scripts: CI, --json and a pipe get no question", async () => {
    for (const env of [{ CI: "true" }, {}]) {
      const argv = env.CI === undefined ? ["init", "--json"] : ["init"];
      const { code, stderr } = await cli(argv, { cwd: checkout(), env, keys: [] });
      expect(code).toBe(0);
      expect(stderr).not.toContain("Who writes the code?");
    }
  });
});
