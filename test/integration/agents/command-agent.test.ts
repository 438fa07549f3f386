import { chmod, copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { agentContract } from "../../contract/agent.contract.ts";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";
import { isRunning, pidIn, processesIn } from "../../support/process-probes.ts";

agentContract("command", {
  finishes: (site) => site.open({ command: ["sh", "-c", "echo working; echo x > work.txt"] }),
  hangs: (site) => site.open({ command: [fixture("ignores-term.sh")] }),
});

let site: AgentSite;

beforeEach(() => {
  site = agentSite();
});

const SHELLS_OWN = ["PWD", "OLDPWD", "SHLVL", "_"];

const run = (command: string[], request = site.request()) => site.run(site.open({ command }), request);

describe("a command agent", () => {
  test("gets the brief on stdin and the typed input as a file, and its result is read", async () => {
    const { end, result } = await run([fixture("edits.sh")], site.request({ brief: "# Äpfel\n" }));
    expect(end).toEqual({ kind: "ok" });
    expect(result).toEqual({
      kind: "valid",
      summary: "did A",
      verdict: null,
      usage: { inputTokens: 10, outputTokens: 2 },
      costUsd: 0.01,
    });
    expect(await readFile(join(site.cwd, "brief.txt"), "utf8")).toBe("# Äpfel\n");
    expect(JSON.parse(await readFile(join(site.cwd, "input.txt"), "utf8"))).toEqual(site.request().input);
    expect(site.events.map(({ kind }) => kind)).toEqual(["started", "output"]);
    expect(site.events.at(-1)).toEqual({ kind: "output", line: "working on A" });
  });

  test("sees the allow-list and nothing else of our environment", async () => {
    Object.assign(process.env, { GITHUB_TOKEN: "ghp_planted", AWS_SECRET_ACCESS_KEY: "planted", MODEL_KEY: "k" });
    const agent = site.open({ command: [fixture("edits.sh")], env: ["MODEL_KEY", "NOT_SET_ANYWHERE"] });
    await site.run(agent, site.request({ input: { round: 2, attempt: 3 } }));
    for (const name of ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "MODEL_KEY"])
      Reflect.deleteProperty(process.env, name);
    const lines = (await readFile(join(site.cwd, "environment.txt"), "utf8")).trim().split("\n");
    const seen = lines.map((line) => line.split("=", 2)).filter(([name = ""]) => !SHELLS_OWN.includes(name));
    expect(Object.fromEntries(seen)).toEqual({
      PATH: process.env.PATH,
      LANG: process.env.LANG ?? "C.UTF-8",
      HOME: join(site.scratch, "home"),
      TMPDIR: join(site.scratch, "tmp"),
      MODEL_KEY: "k",
      DISPATCH_RUN_ID: "run-1",
      DISPATCH_TASK_ID: "A",
      DISPATCH_ROLE: "coder",
      DISPATCH_ROUND: "2",
      DISPATCH_ATTEMPT: "3",
      DISPATCH_INPUT: expect.stringContaining(site.scratch) as string,
      DISPATCH_RESULT: expect.stringContaining(site.scratch) as string,
      DISPATCH_SPAWN: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(await readdir(join(site.scratch, "home"))).toEqual([]);
  });

  test("is found from the folder of the configuration, its arguments pass as they are", async () => {
    await mkdir(join(site.folder, "tools"));
    await writeFile(join(site.folder, "tools/agent.sh"), '#!/bin/sh\nprintf "%s|" "$PWD" "$@"\n', { mode: 0o755 });
    const { tail } = await run(["./tools/agent.sh", "./a b", "$HOME", "*"]);
    expect(tail).toBe(`${site.cwd}|./a b|$HOME|*|`);
  });

  test("keeps its edits when it fails after them", async () => {
    const { end, result, tail } = await run([fixture("fails-after-edits.sh")]);
    expect({ end, result, tail }).toEqual({
      end: { kind: "exit_code", exitCode: 3 },
      result: { kind: "none" },
      tail: "giving up\n",
    });
    expect(await readFile(join(site.cwd, "work.txt"), "utf8")).toBe("half done\n");
  });

  test("is stopped when it is silent for too long", async () => {
    const limits = { wallSeconds: 50, idleSeconds: 2, outputMb: 1 };
    const { end } = await run([fixture("hangs.sh")], site.request({ limits }));
    expect(end).toEqual({ kind: "idle", limitSeconds: 2 });
    expect(site.events.at(-1)).toEqual({ kind: "stopping", why: "no output for 2 s" });
    expect(isRunning(await pidIn(join(site.cwd, "own.pid")))).toBe(false);
  });

  test("is stopped when it writes without end", async () => {
    const limits = { wallSeconds: 50, idleSeconds: 50, outputMb: 1 };
    const { end } = await run([fixture("floods.sh")], site.request({ limits }));
    expect(end).toEqual({ kind: "output_limit", limitMb: 1 });
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("leaves no daemon behind", async () => {
    expect((await run([fixture("daemonises.sh")])).end).toEqual({ kind: "ok" });
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("may close its stdin unread", async () => {
    const brief = "x".repeat(4_000_000);
    const { end } = await run(["sh", "-c", "exec 0<&-; sleep 0.2"], site.request({ brief }));
    expect(end).toEqual({ kind: "ok" });
  });

  test("may delete the worktree it works in: its end is its own, the tree is for the caller to look at", async () => {
    expect((await run([fixture("removes-worktree.sh")])).end).toEqual({ kind: "ok" });
  });

  test("that vanished between opening and start is a clear error", async () => {
    const path = join(site.folder, "agent.sh");
    await copyFile(fixture("edits.sh"), path);
    const agent = site.open({ command: ["./agent.sh"] });
    await chmod(path, 0o644);
    await expect(site.run(agent)).rejects.toMatchObject({ code: "program_failed" });
  });
});

describe("the result of a command agent", () => {
  const review = async (text: string) => {
    await writeFile(join(site.folder, "result.json"), text);
    return (await run([fixture("reviews.sh"), join(site.folder, "result.json")])).result;
  };

  test("may be a verdict with findings; what they leave out has a default", async () => {
    const findings = [
      { path: "a.ts", line: 3, severity: "blocker", rule: "r", message: "m", skills: ["s"] },
      { message: "n" },
    ];
    const result = await review(JSON.stringify({ verdict: "request_changes", summary: "no", findings }));
    expect(result).toEqual({
      kind: "valid",
      summary: "no",
      usage: null,
      costUsd: null,
      verdict: {
        decision: "request_changes",
        summary: "no",
        findings: [findings[0], { path: null, line: null, severity: "major", rule: null, message: "n", skills: [] }],
      },
    });
  });

  test.each([
    ["not JSON", "verdict: approve", "it is not JSON"],
    ["empty", "", "it is not JSON"],
    ["a list", "[]", "expected object"],
    ["an unknown verdict", '{"verdict":"lgtm"}', "verdict"],
    ["a finding without a message", '{"verdict":"approve","findings":[{"path":"a"}]}', "findings.0.message"],
    ["a negative cost", '{"costUsd":-1}', "costUsd"],
  ])("is invalid when it is %s, and says why", async (_, text, why) => {
    expect(await review(text)).toEqual({ kind: "invalid", why: expect.stringContaining(why) as string });
  });

  test.each([
    ["symlink", "it is a symbolic link"],
    ["hardlink", "it is linked to another file"],
    ["fifo", "it is not a plain file"],
    ["folder", "it is not a plain file"],
    ["big", "more than 1 MB"],
    ["moved", "its folder was replaced"],
  ])("is never read from a %s", async (kind, why) => {
    const { end, result } = await run([fixture("odd-result.sh"), kind]);
    expect(end).toEqual({ kind: "ok" });
    expect(result).toEqual({ kind: "invalid", why: expect.stringContaining(why) as string });
  });

  test("of an earlier start is never taken for that of a later one", async () => {
    await writeFile(join(site.folder, "result.json"), '{"verdict":"approve"}');
    await run([fixture("reviews.sh"), join(site.folder, "result.json")]);
    expect((await run(["true"])).result).toEqual({ kind: "none" });
  });
});
