import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { DispatchError } from "../../src/domain/errors.ts";
import { cli } from "../support/cli.ts";

describe("words that make no sense", () => {
  it.each([
    [["statsu"], "error: unknown command 'statsu'", "next  did you mean: dispatch status"],
    [["config", "prnt"], "error: unknown command 'prnt'", "next  did you mean: dispatch config print"],
    [["config"], "error: dispatch config needs a command.", "next  dispatch config --help"],
    [
      ["config", "print", "--sorces"],
      "error: unknown option '--sorces'",
      "did you mean: dispatch config print --sources",
    ],
    [["--jsn", "config"], "error: unknown option '--jsn'", "did you mean: dispatch --json"],
    [
      ["run", "--jobs", "abc"],
      "'abc' is invalid. It has to be a whole number from 1 to 256.",
      "next  dispatch run --help",
    ],
    [["run", "-j", "0"], "a whole number from 1 to 256", "next  dispatch run --help"],
    [["run", "-j", "999"], "a whole number from 1 to 256", "next  dispatch run --help"],
    [["pr", "show"], "error: missing required argument 'number|task'", "next  dispatch pr show --help"],
    [["completion", "bsh"], "Allowed choices are bash, zsh, fish, powershell.", "next  dispatch completion --help"],
    [["doctor", "more", "words"], "too many arguments", "next  dispatch doctor --help"],
    [["help", "rull"], "there is no command and no topic rull", "next  did you mean: dispatch help rule"],
  ])("%j: exit 2, what is wrong, what to type", async (argv, message, next) => {
    const run = await cli(argv);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(run.stderr.trimEnd().split("\n").at(-1)).toContain(next);
  });

  it.each([
    ["--json", "statsu"],
    ["config", "print", "--nope", "--json"],
    ["run", "-j", "0", "--json"],
  ])("%s %s %s: one line of JSON on stderr, nothing on stdout", async (...argv) => {
    const { code, stdout, stderr } = await cli(argv.filter((word) => word !== undefined));
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "usage", message: expect.any(String) as string, hint: expect.any(String) as string },
    });
  });
});

describe("help", () => {
  it("is the answer to nothing at all, on stdout", async () => {
    const { code, stdout, stderr } = await cli([]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: dispatch");
    expect(stderr).toBe("");
  });

  it("names every command that is not hidden", async () => {
    const { stdout } = await cli(["--help"]);
    for (const { name, summary, hidden } of COMMANDS) {
      if (hidden === true) expect(stdout).not.toContain(summary);
      else expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    }
  });

  it.each(COMMANDS.map(({ name }) => name))("%s explains itself", async (name) => {
    const { code, stdout } = await cli([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: dispatch ${name}`);
    expect(stdout).toContain("Global Options:");
  });

  it.each(["agents", "backlog", "environment", "exit-codes", "merging", "rule", "workers"])(
    "has the topic %s",
    async (topic) => {
      const { code, stdout } = await cli(["help", topic]);
      expect(code).toBe(0);
      expect(stdout.length).toBeGreaterThan(300);
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
      const json = await cli(["help", topic, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, topic });
    },
  );

  it("explains a command and a command's command", async () => {
    expect((await cli(["help", "doctor"])).stdout).toContain("Usage: dispatch doctor");
    expect((await cli(["help", "config", "print"])).stdout).toContain("--sources");
    expect((await cli(["help"])).stdout).toContain("exit-codes");
  });
});

describe("the end of a command", () => {
  const stop = new DispatchError({ code: "stopped", message: "Stopped by SIGINT.", hint: "again", exit: 130 });

  it("exits with the code of the signal, whatever the command says", async () => {
    expect((await cli(["help", "rule"], { signal: AbortSignal.abort(stop) })).code).toBe(130);
    expect((await cli(["statsu"], { signal: AbortSignal.abort(stop) })).code).toBe(130);
  });

  it("prints the version as package.json has it", async () => {
    expect((await cli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
