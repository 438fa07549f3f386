import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createContext } from "../../../src/cli/create-context.ts";
import { guardChecks, openTrust, type Trust } from "../../../src/cli/desk/trust.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { DispatchError } from "../../../src/domain/errors.ts";
import { caught } from "../../support/caught.ts";
import { checkout } from "../../support/checkout.ts";
import { cliWorld } from "../../support/cli.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

interface Typed {
  /** At a terminal. */
  readonly keys?: readonly string[];
  readonly yes?: true;
  readonly refuseAgents?: () => void;
}

/** A repository whose `checks` may change; every command is told `typed`. */
function place() {
  const [cwd, stateDir] = [checkout(), temporaryFolder("trust-state")];
  const write = (checks: string): void => writeFileSync(join(cwd, "dispatch.jsonc"), JSON.stringify({ checks }));
  write("make");
  return {
    write,
    command({ keys, yes, refuseAgents = () => undefined }: Typed = {}): Trust & { readonly said: () => string } {
      const { world, stderr } = cliWorld([], { cwd, ...(keys === undefined ? {} : { keys }) });
      const context = createContext(world, { color: false, input: true, yes }, () => undefined);
      const loaded = loadConfig({ cwd, env: {} });
      return { ...openTrust({ context, loaded, stateDir, refuseAgents }), said: stderr };
    },
  };
}

describe("at a terminal", () => {
  it("a person sees all of it, says yes, and is not asked again", async () => {
    const there = place();
    const asked = there.command({ keys: ["y"] });
    await asked.ensure();
    expect(asked.said()).toContain('dispatch.jsonc starts this on your machine:\n  checks  "make"\n');
    const again = there.command({ keys: [] });
    await again.ensure();
    expect(again.said()).toBe("");
  });

  it("they see what changed since", async () => {
    const there = place();
    await there.command({ keys: ["y"] }).ensure();
    there.write("make all");
    const asked = there.command({ keys: ["y"] });
    await asked.ensure();
    expect(asked.said()).toMatch(
      /changed since it was approved on .*:\n {2}- checks "make"\n {2}\+ checks "make all"\n/,
    );
  });

  it.each([
    ["no", "n", 2],
    ["nothing but Enter", "\r", 2],
    ["Ctrl-C", "\u0003", 130],
  ])("%s approves nothing", async (_, key, exit) => {
    const there = place();
    const asked = there.command({ keys: [key] });
    expect(await caught(asked.ensure())).toMatchObject({ code: "not_trusted", exit });
    expect((await there.command().read()).approval).toBeNull();
  });

  it("one command asks once, however often it needs to know", async () => {
    const asked = place().command({ keys: ["y"] });
    await Promise.all([asked.ensure(), asked.ensure()]);
    expect(asked.said().split("starts this on your machine").length).toBe(2);
  });
});

describe("where nobody can be asked", () => {
  it("a command is refused, and --yes approves it", async () => {
    const there = place();
    expect(await caught(there.command().ensure())).toMatchObject({ code: "not_trusted", exit: 2 });
    const told = there.command({ yes: true });
    await told.ensure();
    expect(told.said()).toBe('--yes approves what dispatch.jsonc starts: checks "make"\n');
    await there.command().ensure();
  });

  it("a long list is cut, and says so", async () => {
    const there = place();
    there.write("x".repeat(500));
    const error = await caught(there.command().ensure());
    expect(Math.max(...error.message.split("\n").map((line) => line.length))).toBeLessThan(210);
  });
});

describe("an agent", () => {
  const refuseAgents = (): never => {
    throw new DispatchError({ code: "not_for_agents", message: "x", hint: "x" });
  };

  it("approves nothing, neither by --yes nor by an answer", async () => {
    const there = place();
    for (const typed of [{ yes: true as const }, { keys: ["y"] }])
      expect(await caught(there.command({ ...typed, refuseAgents }).ensure())).toMatchObject({
        code: "not_for_agents",
      });
    expect((await there.command().read()).approval).toBeNull();
  });

  it("may work with what was approved", async () => {
    const there = place();
    await there.command({ yes: true }).ensure();
    await expect(there.command({ refuseAgents }).ensure()).resolves.toBeUndefined();
  });
});

it("no checks and no setup are run before somebody approved them", async () => {
  const there = place();
  const ran: string[] = [];
  const checks = {
    command: "make",
    restore: async () => "ready" as const,
    prepare: async () => (ran.push("setup"), null),
    run: async () => (ran.push("checks"), { command: "make", exitCode: 0, seconds: 0, tail: "" }),
  };
  const [request, { signal }] = [
    { cwd: "/", commit: "b", base: "b", owner: "A", scratch: "/", logFile: "/" },
    new AbortController(),
  ];
  const limits = { wallSeconds: 1, outputMb: 1 };
  const guarded = guardChecks(checks, there.command());
  expect(await caught(guarded.prepare(request, signal))).toMatchObject({ code: "not_trusted" });
  expect(await caught(guarded.run({ ...request, ...limits }, signal))).toMatchObject({ code: "not_trusted" });
  expect(ran).toEqual([]);
  await guardChecks(checks, there.command({ yes: true })).run({ ...request, ...limits }, signal);
  expect(ran).toEqual(["checks"]);
});
