import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkout } from "../support/checkout.ts";
import { cli, type CliOptions, type CliRun } from "../support/cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const config = (checks: string): string => JSON.stringify({ checks, agents: {} });

interface Answer {
  readonly trusted: boolean;
  readonly lines: readonly string[];
}

/** A checkout, its state, and `dispatch` in it. */
function place(text = config("npm test")) {
  const cwd = checkout({ "dispatch.jsonc": text });
  const home = temporaryFolder("trust-home");
  const dispatch = (argv: readonly string[], more: CliOptions = {}): Promise<CliRun> =>
    cli(argv, { cwd, ...more, env: { DISPATCH_HOME: home, ...more.env } });
  return {
    cwd,
    dispatch,
    write: (checks: string) => writeFileSync(join(cwd, "dispatch.jsonc"), config(checks)),
    file: () => join(home, "repos", readdirSync(join(home, "repos"))[0] ?? "", "trust.json"),
    read: async (...argv: readonly string[]) =>
      JSON.parse((await dispatch(["--json", ...argv, "trust", "--show"])).stdout) as Answer,
  };
}

describe("dispatch trust", () => {
  it("shows without approving, approves what it printed, and forgets", async () => {
    const there = place();
    const { code, stdout, stderr } = await there.dispatch(["trust", "--show"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '  checks  "npm test"\n' });
    expect(stderr).toContain("next  dispatch trust approves what dispatch.jsonc starts");
    expect((await there.read()).trusted).toBe(false);

    expect(await there.dispatch(["trust"])).toMatchObject({ code: 0, stdout });
    expect(await there.read()).toMatchObject({
      v: 1,
      file: "dispatch.jsonc",
      trusted: true,
      lines: ['checks "npm test"'],
    });
    expect(statSync(there.file()).mode & 0o777).toBe(0o600);

    expect(await there.dispatch(["trust", "--revoke"])).toMatchObject({ code: 0 });
    expect((await there.read()).trusted).toBe(false);
  });

  it("shows what changed since, and remembers every content that was approved", async () => {
    const there = place();
    await there.dispatch(["trust"]);
    there.write("npm run all");
    const { stderr } = await there.dispatch(["trust", "--show"]);
    expect(stderr).toMatch(
      /changed since it was approved on .*\n {2}- checks "npm test"\n {2}\+ checks "npm run all"\n/,
    );
    expect((await there.read()).trusted).toBe(false);
    await there.dispatch(["trust"]);
    there.write("npm test");
    expect((await there.read()).trusted).toBe(true);
  });

  it.each(["", "{", "[]", "null", '{"approved":7}', '{"approved":[null,{"hash":1}]}'])(
    "takes a file of approvals that reads %j for none, and mends it",
    async (text) => {
      const there = place();
      await there.dispatch(["trust"]);
      writeFileSync(there.file(), text);
      expect((await there.read()).trusted).toBe(false);
      await there.dispatch(["trust"]);
      expect((await there.read()).trusted).toBe(true);
    },
  );

  it("says where it cannot keep the approval", async () => {
    const there = place();
    await there.dispatch(["trust", "--show"]);
    mkdirSync(there.file());
    const { code, stderr } = await there.dispatch(["trust"]);
    expect(code).toBe(1);
    expect(stderr).toContain("trust.json cannot be written, so the approval is not kept");
  });

  it("has nothing to approve where nothing is started, or where the user named a file elsewhere", async () => {
    const there = place("{}");
    expect(await there.dispatch(["trust"])).toMatchObject({ code: 0, stdout: "" });
    const elsewhere = join(temporaryFolder("elsewhere"), "mine.jsonc");
    writeFileSync(elsewhere, config("make"));
    expect(await there.read("--config", elsewhere)).toMatchObject({ trusted: true, lines: [] });
  });

  it("asks about a file in the repository, also when it was named, and when it is a link that leads out", async () => {
    const there = place("{}");
    writeFileSync(join(there.cwd, "other.jsonc"), config("make"));
    symlinkSync(join(checkout({ "c.jsonc": config("make") }), "c.jsonc"), join(there.cwd, "link.jsonc"));
    for (const name of ["other.jsonc", "link.jsonc"])
      expect(await there.read("--config", name)).toMatchObject({ trusted: false, lines: ['checks "make"'] });
  });
});

describe("what init wrote", () => {
  it("is approved with it, and nothing that is changed later", async () => {
    const cwd = checkout({ "BACKLOG.md": "" });
    const env = { DISPATCH_HOME: temporaryFolder("trust-home") };
    const { stderr } = await cli(["init", "--agent", "./agent.sh"], { cwd, env });
    expect(stderr).not.toContain("the first run asks");
    const read = async (): Promise<Answer> =>
      JSON.parse((await cli(["--json", "trust", "--show"], { cwd, env })).stdout) as Answer;
    expect(await read()).toMatchObject({ trusted: true });
    writeFileSync(join(cwd, "dispatch.jsonc"), config("make"));
    expect(await read()).toMatchObject({ trusted: false });
  });

  it("is asked about by the first run where the approval cannot be kept", async () => {
    const { code, stderr } = await cli(["init", "--yes"], { cwd: checkout(), env: { PATH: "/nowhere" } });
    expect(code).toBe(0);
    expect(stderr).toContain("the first run asks: git is not on the PATH.");
  });
});
