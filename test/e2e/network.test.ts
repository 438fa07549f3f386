import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";
import { whyNoFence } from "../support/fence.ts";
import { modelServer, REAL_KEY } from "../support/model-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const home = useHeldHome();

/** Lets its model write the file, and asks in vain elsewhere. */
const CODER = `curl -sS -m 20 -H "x-api-key: $ANTHROPIC_API_KEY" "$ANTHROPIC_BASE_URL/v1/messages" > work.txt
env > env.txt; curl -sS -m 20 -p -x "$ANTHROPIC_BASE_URL" https://evil.example/ && exit 9; exit 0`;

const opened = (agent: object, sandbox = "required"): Promise<Site> =>
  site({
    ...{ home: home.path, backlog: "- [ ] Work <!-- id: A -->\n" },
    config: {
      ...{ sandbox, pipeline: ["code"] },
      agents: {
        coder: { role: "coder", engine: "command", command: ["sh", "-c", CODER], network: "model", ...agent },
      },
    },
  });

describe.skipIf(whyNoFence !== null)("a run whose agent reaches nothing but its model", () => {
  it("publishes what that wrote; the key is nowhere, and what was refused is said", SLOW, async () => {
    const model = await modelServer();
    model.release();
    await using there = await opened({ apiKeyEnv: "ANTHROPIC_API_KEY", baseUrl: model.url });
    const env = { ANTHROPIC_API_KEY: REAL_KEY };
    const { code, stdout, stderr } = await there.dispatchWith({ env }, "run");
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining("ready-for-human"), expect.any(String)]);
    expect(stderr).toContain("A coder: refused: nothing but its model server can be reached");
    const published = (file: string): Promise<string> =>
      there.repo.gitIn(there.repo.origin ?? "", "show", `dispatch/a--work:${file}`);
    expect(await published("work.txt")).toContain("data: three");
    expect(await published("env.txt")).toContain("ANTHROPIC_API_KEY=sentinel");
    expect(model.seen.map(({ headers }) => headers["x-api-key"])).toEqual([REAL_KEY]);
    expect((await there.dispatch("pr", "show", "1")).stdout).toContain("no network but its model server for coder");
    expect((await there.dispatch("logs", "A")).stdout).toContain("[dispatch] through its gateway: 2 requests");
    const found = (folder: string): string =>
      execFileSync("sh", ["-c", 'grep -rl "$0" "$1" || true', REAL_KEY, folder]).toString();
    expect([found(there.home), found(there.repo.temp)]).toEqual(["", ""]);
  });

  it("does not begin without the key, or its name", SLOW, async () => {
    await using there = await opened({ apiKeyEnv: "ANTHROPIC_API_KEY" });
    const { code, stderr } = await there.dispatchWith({ env: { ANTHROPIC_API_KEY: "" } }, "run");
    expect([code, stderr]).toEqual([
      4,
      expect.stringContaining("agents.coder has no key for api.anthropic.com: ANTHROPIC_API_KEY is not set"),
    ]);
    await using nameless = await opened({});
    const refused = await nameless.dispatch("run");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("agents.coder.apiKeyEnv is missing")]);
  });
});

it("without a fence no such run begins", SLOW, async () => {
  const path = join(temporaryFolder("few"), "bin");
  await mkdir(path);
  for (const name of ["sh", "git", "getconf"]) execFileSync("sh", ["-c", `ln -s "$(command -v ${name})" '${path}/'`]);
  await using there = await opened({ network: ["example.org"] }, "auto");
  const { code, stderr } = await there.dispatchWith({ env: { PATH: path } }, "run");
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('dispatch.jsonc says agents.coder.network ["example.org"]'),
  ]);
  expect(stderr).toContain("apt-get install bubblewrap");
});
