import { chmodSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examineAll } from "../../src/cli/doctor/examine-all.ts";
import type { Host } from "../../src/cli/doctor/host.ts";
import { DispatchError } from "../../src/domain/errors.ts";
import { checkout } from "../support/checkout.ts";
import { cli } from "../support/cli.ts";
import { whyNoFence } from "../support/fence.ts";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly fix: string | null;
    readonly fixed: boolean;
  }[];
}

const HEALTHY = {
  "dispatch.jsonc":
    '{ "checks": "true", "agents": { "c": { "role": "coder", "engine": "command", "command": ["./a.sh"] } } }',
  "a.sh": "#!/bin/sh\n",
  "BACKLOG.md": "- [ ] x\n",
};

const home = (): string => join(mkdtempSync(join(tmpdir(), "dispatch-state-")), "deep/home");

async function examine(
  cwd: string,
  env: Record<string, string> = {},
  ...more: string[]
): Promise<Report & { code: number }> {
  const { code, stdout } = await cli(["doctor", "--json", ...more], { cwd, env: { DISPATCH_HOME: home(), ...env } });
  return { ...(JSON.parse(stdout) as Report), code };
}

const look = ({ checks }: Report, name: string): Report["checks"][number] | undefined =>
  checks.find((check) => check.name === name);

describe("dispatch doctor", () => {
  it("finds a healthy repository healthy", async () => {
    const report = await examine(checkout(HEALTHY));
    expect(report.checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(report).toMatchObject({ v: 1, ok: true, code: 0 });
    expect(report.checks.map(({ name }) => name)).toEqual([
      "node",
      "git",
      "repository",
      "base",
      "postgres",
      "state",
      "disk",
      "config",
      "backlog",
      "agent c",
      "checks",
      "trust",
      "sandbox",
    ]);
    expect(look(report, "base")?.message).toMatch(/^main at [0-9a-f]{7}$/);
    const isWhole = whyNoFence === null && process.getuid?.() !== 0;
    expect(look(report, "sandbox")).toMatchObject({ status: isWhole ? "ok" : "warn" });
  });

  it("gives the exact fix where there is no fence, which fails only when one is required", async () => {
    const fix = "apt-get install bubblewrap";
    const PATH = "/nowhere";
    const auto = look(await examine(checkout(HEALTHY), { PATH }), "sandbox");
    expect(auto).toMatchObject({ status: "warn", fix });
    const required = { PATH, DISPATCH_SANDBOX: "required" };
    expect(look(await examine(checkout(HEALTHY), required), "sandbox")).toMatchObject({ status: "fail", fix });
    const off = look(await examine(checkout(HEALTHY), { DISPATCH_SANDBOX: "off" }), "sandbox");
    expect(off).toMatchObject({ status: "warn", fix: '"sandbox": "auto" in dispatch.jsonc' });
  });

  it("gives every failure a fix, and exits 1", async () => {
    const report = await examine(checkout());
    expect(report).toMatchObject({ ok: false, code: 1 });
    for (const check of report.checks) expect(check.status === "ok" || check.fix !== null).toBe(true);
    expect(look(report, "config")).toMatchObject({ status: "fail", fix: "dispatch init" });
    expect(look(report, "backlog")).toMatchObject({ status: "fail", fix: "dispatch help backlog" });
  });

  it.each([
    ["config", { "dispatch.jsonc": '{ "job": 1 }' }, "did you mean jobs?"],
    ["agent c", { "a.sh": "not a program" }, "not a program that can be run"],
    [
      "agent c",
      { "dispatch.jsonc": '{ "agents": { "c": { "role": "coder", "engine": "command" } } }' },
      "has no command",
    ],
    [
      "agent c",
      {
        "dispatch.jsonc": '{ "agents": { "c": { "role": "coder", "engine": "claude", "command": ["./no-claude"] } } }',
      },
      "no-claude is not there",
    ],
    [
      "agent c",
      { "dispatch.jsonc": '{ "agents": { "c": { "role": "coder", "engine": "command", "command": ["nope-nope"] } } }' },
      "not on the PATH",
    ],
    [
      "agent c",
      { "dispatch.jsonc": '{ "agents": { "c": { "role": "coder", "engine": "replay", "script": "r.json" } } }' },
      "r.json is not there",
    ],
  ])("sees what is wrong with %s: %j", async (name, files, message) => {
    const check = look(await examine(checkout({ ...HEALTHY, ...files })), name);
    expect(check).toMatchObject({ status: "fail" });
    expect(check?.message).toContain(message);
  });

  it.each([
    ["2.1.300 (Claude Code)", "ok", /a\.sh, claude 2\.1\.300$/],
    ["1.0.5 (Claude Code)", "warn", /is claude 1\.0\.5; measured were 2\.1\.\d+ to/],
    ["hello", "warn", /does not say which version it is/],
  ])(
    "says which version of an agent CLI it found, and whether that was measured: %s",
    async (printed, status, says) => {
      const text =
        '{ "checks": "true", "agents": { "c": { "role": "coder", "engine": "claude", "command": ["./a.sh"], "login": "inherit" } } }';
      const cwd = checkout({ ...HEALTHY, "dispatch.jsonc": text, "a.sh": `#!/bin/sh\necho "${printed}"\n` });
      chmodSync(join(cwd, "a.sh"), 0o755);
      const check = look(await examine(cwd, { PATH: process.env["PATH"] ?? "" }), "agent c");
      expect(check).toMatchObject({ status, message: expect.stringMatching(says) as unknown });
    },
  );

  it.each([
    ['"apiKeyEnv": "ANTHROPIC_API_KEY"', "no key for api.anthropic.com", "export ANTHROPIC_API_KEY=…"],
    ['"model": "some"', "no key for claude", "export ANTHROPIC_API_KEY=…"],
  ])("sees that an agent has no key where a run would: %s", async (access, says, fix) => {
    const agent = `{ "role": "coder", "engine": "claude", "command": ["./a.sh"], ${access} }`;
    const text = `{ "checks": "true", "agents": { "c": ${agent} } }`;
    const cwd = checkout({ ...HEALTHY, "dispatch.jsonc": text });
    chmodSync(join(cwd, "a.sh"), 0o755);
    const check = look(await examine(cwd), "agent c");
    expect(check).toMatchObject({ status: "fail", message: expect.stringContaining(says) as unknown });
    expect(check?.fix).toContain(fix);
    const mended = look(await examine(cwd, { ANTHROPIC_API_KEY: "k" }), "agent c");
    expect(mended?.status).not.toBe("fail");
  });

  it("says why a folder cannot be worked on, and goes on looking", async () => {
    const report = await examine(mkdtempSync(join(tmpdir(), "dispatch-nowhere-")));
    expect(look(report, "repository")).toMatchObject({ status: "fail" });
    expect(look(report, "repository")?.fix).toContain("git init");
    expect(look(report, "disk")).toBeDefined();
  });

  it("sees that there is no git, and no PostgreSQL", async () => {
    const report = await examine(checkout(HEALTHY), { PATH: "/nowhere", DISPATCH_POSTGRES: "/nowhere" });
    expect(look(report, "git")).toMatchObject({ status: "fail" });
    expect(look(report, "postgres")).toMatchObject({ status: "fail" });
  });

  it("names a shared database without its password", async () => {
    const env = { DISPATCH_DATABASE_URL: "postgres://me:secret@db.example:5432/fleet" };
    const report = await examine(checkout(HEALTHY), env);
    expect(look(report, "postgres")?.message).toContain("db.example");
    expect(JSON.stringify(report)).not.toContain("secret");
  });

  it("looks at the state and the database of a repository that keeps its own", async () => {
    const cwd = checkout(HEALTHY);
    const own = home();
    const host: Host = {
      readGitVersion: async () => "2.45.0",
      requireRepository: async () => ({ root: cwd, hasOrigin: false, home: own }),
      readBase: async () => null,
      sharedDatabase: () => "postgres://db.example/fleet",
      findPostgres: async () => [{ version: "16.1", source: "system", folder: "/usr/lib/postgresql" }],
      readFace: async () => null,
      readTrust: async () => ({ name: "dispatch.jsonc", wanted: null, approval: null, changes: null }),
      probeFence: async () => ({ kind: "open", why: "x", fix: "x" }),
      probeAgent: async () => null,
      requireProgram: (word) => word,
      requireAccess: () => undefined,
    };
    const readConfig = (): Promise<never> => Promise.reject(new DispatchError({ code: "x", message: "x", hint: "x" }));
    const found = await examineAll({ host, home: home(), cwd, readConfig });
    const said = (name: string): string | undefined => found.find((finding) => finding.name === name)?.message;
    expect(said("state")).toBe(`${own} (made when needed)`);
    expect(said("postgres")).toContain("a private server");
  });

  it("says whether what the configuration starts was approved, and how to", async () => {
    const [cwd, state] = [checkout(HEALTHY), { DISPATCH_HOME: home() }];
    const fix = "dispatch trust --show, then dispatch trust";
    expect(look(await examine(cwd, state), "trust")).toMatchObject({ status: "warn", fix });
    await cli(["trust"], { cwd, env: state });
    expect(look(await examine(cwd, state), "trust")).toMatchObject({ status: "ok", fix: null });
    expect(look(await examine(checkout(), state), "trust")?.message).toBe("nothing to approve");
  });

  it("mends what it can with --fix, and says what", async () => {
    const cwd = checkout(HEALTHY);
    const state = home();
    chmodSync(join(cwd, "a.sh"), 0o644);
    expect((await examine(cwd)).code).toBe(1);
    const report = await examine(cwd, { DISPATCH_HOME: state }, "--fix");
    expect(report).toMatchObject({ ok: true, code: 0 });
    expect(look(report, "agent c")).toMatchObject({ status: "ok", fixed: true });
    expect(statSync(join(cwd, "a.sh")).mode & 0o111).not.toBe(0);
    expect(statSync(state).isDirectory()).toBe(true);
  });

  it("is readable for people, each fix below its finding", async () => {
    const { stdout, stderr, code } = await cli(["doctor"], { cwd: checkout(), env: { DISPATCH_HOME: home() } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^x config +there is no dispatch\.jsonc.*\n +-> dispatch init$/m);
    expect(stderr).toContain("2 to mend, then: dispatch doctor");
  });
});
