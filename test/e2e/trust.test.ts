import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, site, SLOW, useHeldHome, type Site } from "../support/e2e.ts";

const home = useHeldHome();

/** An agent that changes what is started, and gives a human's word for it. */
const CODER = `
if [ "$id" = sly ]; then
  cd "$E2E_SITE/checkout"
  cp dispatch.jsonc "$OUT/kept"
  export DISPATCH_HOME='${home.path}'
  say() { code=0; '${process.execPath}' '${MAIN}' "$@" > /dev/null 2> "$OUT/stderr" || code=$?; echo "$*: $code $(grep -o '"code":"[a-z_]*"' "$OUT/stderr")" >> "$OUT/said"; }
  sed -i 's/"checks": "true"/"checks": "touch planted"/' dispatch.jsonc
  say --json trust
  say --json trust --revoke
  say --json --yes run
  say --json run
  cp "$OUT/kept" dispatch.jsonc
  cd - > /dev/null
fi
mkdir -p src; echo "$id" > "src/$id.txt"
`;

let there: Site;
beforeAll(async () => {
  there = await site({
    home: home.path,
    backlog: "- [ ] One <!-- id: one -->\n",
    coder: CODER,
    tester: true,
    config: { checks: "true", jobs: 2 },
    yes: false,
  });
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

async function configure(change: (text: string) => string): Promise<void> {
  const file = join(there.repo.dir, "dispatch.jsonc");
  await writeFile(file, change(await readFile(file, "utf8")));
}

describe("what a repository's configuration starts", () => {
  it("is refused where nobody approved it, with every command, and nothing was started", SLOW, async () => {
    const before = await there.repo.refs();
    const { code, stdout, stderr } = await there.dispatch("--json", "run");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe("not_trusted");
    expect(error.message).toMatch(/^nobody approved on this machine what dispatch\.jsonc starts:\n {2}checks "true"\n/);
    expect(error.message).toContain('agents.coder.command ["');
    expect(error.hint).toContain("dispatch trust");
    expect(await there.starts()).toEqual([]);
    expect(await there.repo.refs()).toEqual(before);
  });

  it("may be looked at and planned all the same", SLOW, async () => {
    for (const word of ["plan", "status", "doctor"]) expect(await there.dispatch(word)).toMatchObject({ code: 0 });
  });

  it("is started once dispatch trust approved it, and lanes may change without a question", SLOW, async () => {
    expect(await there.dispatch("trust")).toMatchObject({ code: 0 });
    await configure((text) => text.replace('"jobs": 2', '"jobs": 3'));
    expect(await there.run()).toMatchObject({ code: 0, states: { one: "ready-for-human" } });
  });

  it("is asked about again when a command changed, by its name, at a merge that would run it too", SLOW, async () => {
    await configure((text) => text.replace('"checks": "true"', '"checks": "touch planted"'));
    const changed =
      / starts changed since it was approved on .*:\n {2}- checks "true"\n {2}\+ checks "touch planted"\n/;
    expect(await there.dispatch("run")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(changed) as unknown,
    });
    // The base moves, so that change and base have to be checked together.
    await there.repo.commit("news", { "news.txt": "news\n" });
    await there.repo.git("push", "-q", "origin", "HEAD:main");
    expect(await there.dispatch("approve", "one")).toMatchObject({ code: 0 });
    expect(await there.dispatch("merge", "one")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(changed) as unknown,
    });
    await configure((text) => text.replace('"touch planted"', '"true"'));
    expect(await there.dispatch("merge", "one")).toMatchObject({ code: 0 });
  });

  it("is approved by --yes, which says what it was and is remembered", SLOW, async () => {
    await configure((text) => text.replace('"checks": "true"', '"checks": "true yes"'));
    const { code, stderr } = await there.dispatch("--yes", "run");
    expect(code).toBe(0);
    expect(stderr).toContain('--yes approves what dispatch.jsonc starts: - checks "true"; + checks "true yes"');
    expect(await there.dispatch("run")).toMatchObject({ code: 0 });
  });

  it("is not an agent's to approve, whatever it types", SLOW, async () => {
    await configure((text) => text.replace('"true yes"', '"true"'));
    await there.repo.write({ "BACKLOG.md": "- [ ] Sly <!-- id: sly -->\n" });
    expect(await there.run()).toMatchObject({ states: { sly: "ready-for-human" } });
    expect((await there.out("said")).split("\n")).toEqual([
      '--json trust: 1 "code":"not_for_agents"',
      '--json trust --revoke: 1 "code":"not_for_agents"',
      '--json --yes run: 1 "code":"not_for_agents"',
      '--json run: 2 "code":"not_trusted"',
    ]);
  });
});
