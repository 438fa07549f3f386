import { describe, expect, it } from "vitest";
import { checkout } from "../support/checkout.ts";
import { cli } from "../support/cli.ts";

const CODER = '{ "agents": { "c": { "role": "coder", "engine": "command", "command": ["./a.sh"] } } }';

describe("dispatch config print", () => {
  it("prints what holds, as a configuration that could be pasted back", async () => {
    const cwd = checkout({ "dispatch.jsonc": '{ "jobs": 7 }' });
    const { code, stdout } = await cli(["config", "print"], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ jobs: 7, forge: "local", limits: { wall: 1800 } });
  });

  it("says where each value comes from", async () => {
    const cwd = checkout({ "dispatch.jsonc": '{ "jobs": 7 }' });
    const { stdout } = await cli(["config", "print", "--sources"], { cwd, env: { DISPATCH_ATTEMPTS: "3" } });
    expect(stdout).toMatch(/^jobs +7 +dispatch\.jsonc:1:11$/m);
    expect(stdout).toMatch(/^attempts +3 +DISPATCH_ATTEMPTS$/m);
    expect(stdout).toMatch(/^pauseMain +true +default$/m);
    const json = await cli(["config", "print", "--sources", "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      v: 1,
      file: `${cwd}/dispatch.jsonc`,
      config: { jobs: 7 },
      sources: { jobs: "dispatch.jsonc:1:11" },
    });
  });

  it("warns of variables that have no effect, but not on stdout", async () => {
    const { stdout, stderr } = await cli(["config", "print"], { cwd: checkout(), env: { DISPATCH_JOBZ: "1" } });
    expect(stderr).toContain("DISPATCH_JOBZ is no key of the configuration");
    expect(stdout).not.toContain("JOBZ");
  });

  it("works from another folder with -C, and on another file with --config", async () => {
    const cwd = checkout({ "dispatch.jsonc": '{ "jobs": 7 }', "b.jsonc": '{ "jobs": 9 }' });
    expect(JSON.parse((await cli(["config", "print", "-C", cwd])).stdout)).toMatchObject({ jobs: 7 });
    const other = await cli(["--config", "b.jsonc", "config", "print"], { cwd });
    expect(JSON.parse(other.stdout)).toMatchObject({ jobs: 9 });
  });
});

describe("dispatch config validate", () => {
  it("accepts a configuration that a run could start with", async () => {
    const cwd = checkout({ "dispatch.jsonc": CODER });
    expect(await cli(["config", "validate"], { cwd })).toMatchObject({
      code: 0,
      stdout: `${cwd}/dispatch.jsonc is valid\n`,
    });
    expect(JSON.parse((await cli(["config", "validate", "--json"], { cwd })).stdout)).toEqual({
      v: 1,
      valid: true,
      file: `${cwd}/dispatch.jsonc`,
    });
  });

  it.each([
    ['{ "job": 1 }', "dispatch.jsonc:1:3 job: unknown key, did you mean jobs?", "mend it there"],
    ["{}", "no agent has the role coder", "add it by hand"],
  ])("refuses %s with exit 2", async (text, message, next) => {
    const { code, stdout, stderr } = await cli(["config", "validate"], { cwd: checkout({ "dispatch.jsonc": text }) });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain(`next  ${next}`);
  });

  it("points to dispatch init where there is none", async () => {
    const { code, stderr } = await cli(["config", "validate"], { cwd: checkout() });
    expect(code).toBe(2);
    expect(stderr).toContain("next  dispatch init");
  });
});

it("dispatch config schema is JSON Schema that explains every key and refuses others", async () => {
  const { stdout } = await cli(["config", "schema"]);
  const schema = JSON.parse(stdout) as {
    properties: Record<string, { description?: string }>;
    additionalProperties: boolean;
  };
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(["agents", "backlog", "checks", "pipeline"]));
  expect(schema.additionalProperties).toBe(false);
  const unexplained = Object.entries(schema.properties).filter(([, { description }]) => description === undefined);
  expect(unexplained.map(([key]) => key)).toEqual(["$schema"]);
});
