import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { AgentConfig } from "../../../src/config/schema.ts";
import { type AgentSite, agentSite } from "../../support/agent-site.ts";
import { caught } from "../../support/caught.ts";
import { setVariable } from "../../support/set-variable.ts";

let site: AgentSite;

beforeEach(() => {
  site = agentSite();
});

const refusal = async (config: Partial<AgentConfig>) => {
  const { code, exit, message, hint } = await caught(() => site.open(config));
  expect(exit).toBe(2);
  return { code, text: `${message} ${hint}` };
};

describe("an agent that cannot be opened", () => {
  test("has a program that is not on the PATH", async () => {
    const { code, text } = await refusal({ command: ["no-such-program"] });
    expect(code).toBe("program_missing");
    expect(text).toContain("no-such-program is not on the PATH");
    expect(text).toContain("agents.one.command");
  });

  test("has no command of its own, and its engine's program is not on the PATH", async () => {
    setVariable("PATH", "/nowhere");
    const { code, text } = await refusal({ engine: "claude", login: "inherit" });
    expect(code).toBe("program_missing");
    expect(text).toBe(
      "The program of agents.one.engine cannot be started: claude is not on the PATH. " +
        'Install claude, or say where it is: "command": ["/path/to/claude"] in agents.one.',
    );
  });

  test("has a path to a program that is not there, or cannot be run", async () => {
    expect(await refusal({ command: ["./agent.sh"] })).toMatchObject({ code: "program_missing" });
    await writeFile(join(site.folder, "agent.sh"), "#!/bin/sh\n", { mode: 0o644 });
    expect((await refusal({ command: ["./agent.sh"] })).text).toContain(`chmod +x ${join(site.folder, "agent.sh")}`);
  });

  test("has no command, or no script", async () => {
    expect((await refusal({ engine: "command" })).text).toContain('"command": ["./agent.sh"]');
    expect((await refusal({ engine: "acp" })).text).toContain('"command": ["copilot", "--acp"]');
    expect((await refusal({ engine: "replay" })).text).toContain('"script": "recording.json"');
  });

  test("would run checks where there are none", async () => {
    const { code, text } = await refusal({ engine: "checks", role: "tester" });
    expect(code).toBe("config_invalid");
    expect(text).toContain('"checks": "npm test"');
  });

  test.each(["GITHUB_TOKEN", "GH_TOKEN", "HOME", "DISPATCH_DATABASE_URL"])(
    "asks for %s, which is not passed on",
    async (name) => {
      const { code, text } = await refusal({ command: ["sh"], env: ["MODEL_KEY", name] });
      expect(code).toBe("config_invalid");
      expect(text).toContain(`agents.one.env asks for ${name}`);
    },
  );

  test("has a recording that is missing or wrong", async () => {
    expect((await refusal({ engine: "replay", script: "no.json" })).code).toBe("recording_invalid");
    await writeFile(join(site.folder, "bad.json"), '{"v":1,"tasks":{"A":{"coder":[{"seconds":-1}]}}}');
    expect((await refusal({ engine: "replay", script: "bad.json" })).text).toContain("tasks.A.coder.0.seconds");
  });
});

test("a program is found on the PATH, or from the folder of the configuration", async () => {
  await writeFile(join(site.folder, "agent.sh"), "#!/bin/sh\necho here\n", { mode: 0o755 });
  expect((await site.run(site.open({ command: ["./agent.sh"] }))).tail).toBe("here\n");
  expect((await site.run(site.open({ command: ["echo", "there"] }))).tail).toBe("there\n");
});
