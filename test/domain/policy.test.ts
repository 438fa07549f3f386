import { describe, expect, it } from "vitest";
import { isJudgedByContent, judgeContent, protectedAmong } from "../../src/domain/policy.ts";
import { Config } from "../../src/config/schema.ts";

const DEFAULT = Config.parse({}).policy.protected;

describe("protected paths", () => {
  it.each([
    ".github/workflows/ci.yml",
    ".GitHub/workflows/ci.yml",
    ".github",
    ".gitmodules",
    ".gitattributes",
    "deep/in/.gitattributes",
    ".npmrc",
    "packages/a/.npmrc",
    ".yarnrc.yml",
    ".husky/pre-commit",
    ".claude/settings.json",
    "packages/a/.claude/settings.json",
    ".vscode/tasks.json",
    ".mcp.json",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    "AGENTS.md",
    "src/CLAUDE.md",
    "dispatch.jsonc",
  ])("hold back %s by default", (path) => {
    expect(protectedAmong([path], DEFAULT)).toEqual([path]);
  });

  it("let everything else pass", () => {
    const paths = ["src/a.ts", "package.json", "README.md", "docs/agents.md.txt", "github/x", "src/npmrc"];
    expect(protectedAmong(paths, DEFAULT)).toEqual([]);
  });

  it("are the user's to choose", () => {
    expect(protectedAmong(["src/a.ts", ".github/x"], ["src/**"])).toEqual(["src/a.ts"]);
  });
});

describe("a manifest", () => {
  const manifest = (scripts: unknown): string => JSON.stringify({ name: "x", scripts });
  const judge = (before: string | null, after: string | null): readonly string[] =>
    judgeContent([{ path: "pkg/package.json", before, after }]);

  it.each(["preinstall", "install", "postinstall", "prepare", "prepublish"])("may not get the script %s", (name) => {
    const sentence = [`pkg/package.json has a new install script: ${name}`];
    expect(judge(manifest({ test: "vitest" }), manifest({ test: "vitest", [name]: "evil" }))).toEqual(sentence);
    expect(judge(null, manifest({ [name]: "evil" }))).toEqual(sentence);
    expect(judge(manifest({ [name]: "make" }), manifest({ [name]: "make; evil" }))).toEqual(sentence);
    expect(judge(manifest({}), `\ufeff${manifest({ [name]: "evil" })}`)).toEqual(sentence);
  });

  it("may keep, lose or never have had one, and change all else", () => {
    expect(judge(manifest({ install: "make" }), manifest({ install: "make", test: "new" }))).toEqual([]);
    expect(judge(manifest({ install: "make" }), manifest(undefined))).toEqual([]);
    expect(judge(manifest({ install: "make" }), null)).toEqual([]);
    expect(judge("no json", "no json {")).toEqual([]);
    expect(judge(null, "null")).toEqual([]);
    expect(judge(null, manifest(null))).toEqual([]);
  });

  it("has a silent sibling that compiles at install", () => {
    const path = "binding.gyp";
    expect(judgeContent([{ path, before: null, after: "{}" }])).toEqual(["binding.gyp is compiled by every install"]);
    expect(judgeContent([{ path, before: "{}", after: "{ }" }])).toEqual([]);
  });
});

describe("a lockfile", () => {
  const npm = (...urls: readonly string[]): string =>
    JSON.stringify(
      {
        packages: Object.fromEntries(
          urls.map((resolved, n) => [
            `node_modules/p${n}`,
            { version: "1.0.0", resolved, funding: { url: "https://fund.example" } },
          ]),
        ),
      },
      null,
      2,
    );
  const REGISTRY = "https://registry.npmjs.org/a/-/a-1.0.0.tgz";

  it.each([
    ["package-lock.json", npm(REGISTRY), npm(REGISTRY, "https://evil.example/a.tgz"), "https://evil.example"],
    ["a/npm-shrinkwrap.json", null, npm("git+ssh://git@github.com/a/b.git#1"), "git+ssh://github.com"],
    ["package-lock.json", npm(REGISTRY), npm("http://registry.npmjs.org/a.tgz"), "http://registry.npmjs.org"],
    ["yarn.lock", "", '  resolved "https://u:p@evil.example:8443/a.tgz"\n', "https://evil.example:8443"],
    ["yarn.lock", "", '  resolution: "a@https://evil.example/a.tgz"\n', "https://evil.example"],
    [
      "pnpm-lock.yaml",
      "",
      "    resolution: {integrity: x, tarball: https://evil.example/a.tgz}\n",
      "https://evil.example",
    ],
    ["Cargo.lock", "", 'source = "git+https://github.com/evil/x#1"\n', "git+https://github.com"],
    ["uv.lock", "", 'source = { registry = "https://evil.example/simple" }\n', "https://evil.example"],
    ["Gemfile.lock", "", "GEM\n  remote: https://evil.example/\n", "https://evil.example"],
  ])("may not fetch from a new place: %s", (path, before, after, host) => {
    expect(judgeContent([{ path, before, after }])).toEqual([
      `${path} takes packages from ${host}, and nothing in it did before`,
    ]);
  });

  it("is read in no time, whatever was put into it", () => {
    const after = `"resolved": "${"a".repeat(2_000_000)}"`;
    expect(judgeContent([{ path: "package-lock.json", before: null, after }])).toEqual([]);
  });

  it("may fetch more from where it did, and from where everybody does", () => {
    const before = npm("https://npm.corp.example/a.tgz");
    const path = "package-lock.json";
    expect(judgeContent([{ path, before, after: npm("https://npm.corp.example/b.tgz", REGISTRY) }])).toEqual([]);
    expect(judgeContent([{ path, before: null, after: npm(REGISTRY) }])).toEqual([]);
    const cargo = 'source = "registry+https://github.com/rust-lang/crates.io-index"\n';
    expect(judgeContent([{ path: "Cargo.lock", before: null, after: cargo }])).toEqual([]);
  });
});

it("only these files are read for their content", () => {
  expect(["a/package.json", "yarn.lock", "binding.gyp", "src/package.ts"].filter(isJudgedByContent)).toEqual([
    "a/package.json",
    "yarn.lock",
    "binding.gyp",
  ]);
  expect(judgeContent([{ path: "src/package.ts", before: null, after: "x" }])).toEqual([]);
});
