import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openSandbox } from "../../../src/adapters/sandbox/open-sandbox.ts";
import { AgentConfig } from "../../../src/config/schema.ts";
import type { Agent } from "../../../src/ports/agent.ts";
import { agentContract } from "../../contract/agent.contract.ts";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";
import { whyNoFence } from "../../support/fence.ts";
import { fileAt, processesIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const sandbox = openSandbox({ mode: "required", repository: null });
const OWNER = fileURLToPath(new URL("../../fixtures/processes/owner.ts", import.meta.url));

function play(site: AgentSite, entry: Record<string, unknown>): Agent {
  const recording = { v: 1, tasks: { A: { coder: [entry] } } };
  writeFileSync(join(site.folder, "recording.json"), JSON.stringify(recording));
  return site.open({ engine: "replay", script: "recording.json" });
}

/** What checks use beside the worktree and the system stands in the mounts of the tester. */
function tester(site: AgentSite, checks: string | string[]): Agent {
  const config = AgentConfig.parse({ role: "tester", engine: "checks", mounts: [fixture("")] });
  return site.open(config, site.checks({ checks, agents: { tester: config } }));
}

describe.skipIf(whyNoFence !== null)("inside the fence", () => {
  agentContract(
    "command",
    {
      finishes: (site) => site.open({ command: ["sh", "-c", "echo working; echo x > work.txt"] }),
      hangs: (site) => site.open({ command: [fixture("ignores-term.sh")] }),
    },
    sandbox,
  );
  agentContract(
    "replay",
    {
      finishes: (site) => play(site, { say: ["working"], edits: [{ path: "work.txt", content: "x" }] }),
      hangs: (site) => play(site, { edits: [{ path: "work.txt", content: "x" }], end: "hang" }),
    },
    sandbox,
  );
  agentContract(
    "checks",
    {
      finishes: (site) => tester(site, ["echo working", "echo x > work.txt"]),
      hangs: (site) => tester(site, fixture("ignores-term.sh")),
    },
    sandbox,
  );

  test("setup fills its cache and the worktree, and checks meet what it made without a network", async () => {
    const site = agentSite(sandbox);
    const setup = 'echo once >> "$npm_config_cache/log"; mkdir -p node_modules; echo tool > node_modules/tool';
    const checks = "cat node_modules/tool; cat /proc/net/dev | grep -c : > interfaces.txt; grep -qx 1 interfaces.txt";
    const { end, checks: ran } = await site.run(
      site.open({ role: "tester", engine: "checks" }, site.checks({ setup, checks })),
    );
    expect([end, ran?.exitCode, ran?.tail]).toEqual([{ kind: "ok" }, 0, "tool\n"]);
  });
});

test.skipIf(whyNoFence !== null)("kill -9 of the dispatcher ends all that is fenced in, at once", async () => {
  const folder = temporaryFolder("owner");
  const tree = join(folder, "tree");
  const line =
    "setsid sh -c 'echo x > d; exec sleep 300' & while [ ! -e d ]; do sleep 0.02; done; echo x > up; sleep 300";
  mkdirSync(tree);
  const owner: ChildProcess = spawn(process.execPath, ["--import", "tsx", OWNER, folder, line, "fenced"]);
  await fileAt(join(tree, "up"));
  expect(processesIn(tree).length).toBeGreaterThan(2);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  // No sweep, no next start: the kernel does it, as soon as it can.
  await expect.poll(() => processesIn(tree), { timeout: 50_000, interval: 10 }).toEqual([]);
});
