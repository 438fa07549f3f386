import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { shareConfig } from "../../src/config/share.ts";
import { startableOf } from "../../src/config/trust.ts";
import { DispatchError } from "../../src/domain/errors.ts";
import { writeFiles } from "../support/git-repo.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const AGENTS = { coder: { role: "coder", engine: "command", command: ["./agent.sh"] } };
const CONFIG = { jobs: 7, workDir: "/elsewhere", agents: AGENTS, limits: { wall: "5m" }, review: { rounds: 2 } };

/** A checkout is a folder with `.git`. */
async function checkout(files: Readonly<Record<string, string>>): Promise<string> {
  const root = temporaryFolder("share");
  mkdirSync(join(root, ".git"));
  await writeFiles(root, files);
  return root;
}

describe("the configuration of a run on another host", () => {
  it("is the run's but for what belongs to a machine, whatever the clone there says", async () => {
    const manifest = JSON.stringify({ scripts: { test: "node --test" } });
    const here = await checkout({ "dispatch.jsonc": JSON.stringify(CONFIG), "package.json": manifest });
    const there = await checkout({ "dispatch.jsonc": JSON.stringify({ review: { rounds: 9 }, sandbox: "off" }) });
    const env = { DISPATCH_ATTEMPTS: "4" };
    const run = loadConfig({ cwd: here, env });
    const content: unknown = JSON.parse(JSON.stringify(shareConfig(run)));
    const shared = loadConfig({ cwd: there, env: { DISPATCH_ATTEMPTS: "5" }, shared: content, flags: { jobs: 2 } });
    const { jobs: _jobs, workDir: _dir, backlog: _backlog, ...same } = run.config;
    expect(shared.config).toMatchObject(same);
    expect(shared.config).toMatchObject({ jobs: 2, workDir: ".work", checks: ["npm test"], pipeline: ["code"] });
    expect([shared.folder, shared.warnings]).toEqual([there, []]);
    // A person approved it where the run was started.
    expect(startableOf(shared)).toBeNull();
    expect(startableOf(run)).not.toBeNull();
  });

  it("resolves commands where the run's file lies in its checkout", async () => {
    const here = await checkout({ "ops/dispatch.jsonc": JSON.stringify(CONFIG) });
    const run = loadConfig({ cwd: here, env: {}, configFile: "ops/dispatch.jsonc" });
    const there = await checkout({});
    expect(loadConfig({ cwd: there, env: {}, shared: shareConfig(run) }).folder).toBe(join(there, "ops"));
  });

  it("that a newer version wrote is refused where this one does not know it", async () => {
    const shared = { values: { agents: AGENTS, telepathy: true }, folder: "" };
    const cwd = await checkout({});
    expect(() => loadConfig({ cwd, env: {}, shared })).toThrow(DispatchError);
    expect(() => loadConfig({ cwd, env: {}, shared })).toThrow(/the run's configuration.*telepathy/);
  });
});
