import fc from "fast-check";
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

  it.each(["preinstall", "install", "postinstall", "prepare", "prepublish", "pnpm:devPreinstall"])(
    "may not get the script %s",
    (name) => {
      const sentence = [`pkg/package.json has a new install script: ${name}`];
      expect(judge(manifest({ test: "vitest" }), manifest({ test: "vitest", [name]: "evil" }))).toEqual(sentence);
      expect(judge(null, manifest({ [name]: "evil" }))).toEqual(sentence);
      expect(judge(manifest({ [name]: "make" }), manifest({ [name]: "make; evil" }))).toEqual(sentence);
      expect(judge(manifest({}), `\ufeff${manifest({ [name]: "evil" })}`)).toEqual(sentence);
    },
  );

  it("may keep, lose or never have had one, and change all else", () => {
    expect(judge(manifest({ install: "make" }), manifest({ install: "make", test: "new" }))).toEqual([]);
    expect(judge(manifest({ install: "make" }), manifest(undefined))).toEqual([]);
    expect(judge(manifest({ install: "make" }), null)).toEqual([]);
    expect(judge(null, "null")).toEqual([]);
    expect(judge(null, manifest(null))).toEqual([]);
  });

  it.each(["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"])(
    "may not take %s from a new place",
    (key) => {
      const from = (spec: unknown): string => JSON.stringify({ [key]: { old: "https://known.example/a", x: spec } });
      for (const [spec, place] of [
        ["http://evil.example/x", "http://evil.example"],
        ["git+ssh://git@evil.example/x.git", "git+ssh://evil.example"],
        ["github:o/r", "github:o/r"],
        ["o/r", "o/r"],
        ["git@evil.example:o/r.git", "evil.example:o/r.git"],
        ["file:vendor/evil.tgz", "file:vendor/evil.tgz"],
        ["link:evil.tar", "link:evil.tar"],
        ["./evil.TAR.GZ", "./evil.TAR.GZ"],
        ["file:evil.%74gz", "file:evil.%74gz"],
        ["evil.tgz#https://known.example/", "evil.tgz#https://known.example/"],
        ["https:evil.example/x", "https:evil.example/x"],
        ["https:\\\\evil.example\\x", "https:\\\\evil.example\\x"],
        ["https://known.example\\@evil.example/", "https://known.example\\@evil.example/"],
        ["//evil.example/x", "//evil.example/x"],
        [" ht\ntps://evil.example/x", "https://evil.example"],
        ["https://known.example@evil.example/x", "https://evil.example"],
      ] as const) {
        const sentence = [`pkg/package.json takes packages from ${place}, and nothing in it did before`];
        expect(judge(from("^1.0.0"), from(spec))).toEqual(sentence);
        expect(judge(from(spec), from(spec))).toEqual([]);
      }
    },
  );

  it("may take ranges, tags, its own folders and what stood there", () => {
    const specs = ["^1.0.0", ">=1 <2 || 3.x", "latest", "*", "", "npm:other@1", "workspace:*", "catalog:"];
    const folders = ["file:../lib", "link:packages/a", "portal:../b", "./c", "../d", "~/e"];
    const places = ["https://known.example/new", "https://registry.npmjs.org/a/-/a-1.0.0.tgz"];
    const dependencies = Object.fromEntries([...specs, ...folders, ...places].map((spec, n) => [`p${n}`, spec]));
    const before = JSON.stringify({ dependencies: { old: "https://known.example/old" } });
    expect(judge(before, JSON.stringify({ dependencies, homepage: "https://home.example" }))).toEqual([]);
  });

  it("may not override at any depth, or name another package manager", () => {
    const deep = { pnpm: { overrides: { a: { ".": "1", b: "https://evil.example/b" } } } };
    expect(judge(null, JSON.stringify(deep))).toHaveLength(1);
    expect(judge(null, JSON.stringify({ packageManager: "pnpm@https://evil.example/pnpm" }))).toEqual([
      "pkg/package.json takes packages from https://evil.example, and nothing in it did before",
    ]);
    expect(judge(null, JSON.stringify({ packageManager: "pnpm@9.0.0+sha512.ab" }))).toEqual([]);
  });

  it("must be JSON, whatever other programs read", () => {
    const sentence = ["pkg/package.json is no JSON, so nobody can say what it installs"];
    expect(judge("{}", '{ "scripts": { "postinstall": "evil" }, }')).toEqual(sentence);
    expect(judge("no json", manifest({ install: "x" }))).toEqual([
      "pkg/package.json has a new install script: install",
    ]);
  });

  it.each(["package.yaml", "a/package.json5", "Package.JSON5"])("has no sibling that only pnpm reads: %s", (path) => {
    const sentence = [`${path} is a manifest that only pnpm reads: nobody looked into it`];
    expect(judgeContent([{ path, before: "a", after: "b" }])).toEqual(sentence);
    expect(judgeContent([{ path, before: "a", after: null }])).toEqual([]);
  });

  it.each(["src/Package.json", "PACKAGE.JSON", "package.j\u017fon", "pack\u200cage.json"])(
    "is one however its name is spelled: %s",
    (path) => {
      expect(isJudgedByContent(path)).toBe(true);
      const after = manifest({ install: "evil" });
      expect(judgeContent([{ path, before: null, after }])).toEqual([`${path} has a new install script: install`]);
    },
  );

  it("is no symlink, and can be read", () => {
    const path = "package.json";
    expect(judgeContent([{ path, before: "{}", after: "config/app.json", symlink: true }])).toEqual([
      "package.json is a symlink, and may not be one",
    ]);
    expect(judgeContent([{ path, before: null, after: null }])).toEqual(["package.json cannot be read"]);
    const twin = "pk\ufffd/package.json";
    expect(judgeContent([{ path: twin, before: "{}", after: "{}" }])).toEqual([`${twin} cannot be read`]);
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
    ["package-lock.json", "", String.raw`{"resolved":"http:\/\/evil.example\/evil.tgz"}`, "http://evil.example"],
    ["package-lock.json", "", String.raw`{"res\u006flved" : "http://evil.example/evil.tgz"}`, "http://evil.example"],
    ["package-lock.json", "", '{"a":{"version":"file:vendor/evil.tgz"}}', "file:vendor/evil.tgz"],
    ["package-lock.json", "", '{"a":{"resolved":"file:vendor/evil.tar.gz","link":true}}', "file:vendor/evil.tar.gz"],
    ["package-lock.json", "", '{"a":{"dependencies":{"b":"https://evil.example/b"}}}', "https://evil.example"],
    ["package-lock.json", "", '{"a":{"resolved":"evil/x"}}', "evil/x"],
    ["src/Package-Lock.json", "", npm("https://evil.example/a.tgz"), "https://evil.example"],
    ["yarn.lock", "", '"x@file:vendor/evil.tgz":\n  version "1"\n', "file:vendor/evil.tgz"],
    ["yarn.lock", "", '  dependencies:\n    y "http://evil.example/y"\n', "http://evil.example"],
    ["yarn.lock", "", "  resolution: 'a@https://evil.example/a'\n", "https://evil.example"],
    ["yarn.lock", "", String.raw`  resolved "https:\/\/evil.example"`, String.raw`https:\/\/evil.example`],
    ["yarn.lock", "", 'resolution: "@a/b@npm:1::__archiveUrl=https%3A%2F%2Fevil.example%2Fx"', "https://evil.example"],
    ["yarn.lock", "", 'resolved "https://registry.npmjs.org\'.evil.example/a"', "://registry.npmjs.org'.evil.example"],
    ["bun.lock", "", '{"packages":{"x":["x@https://evil.example/x.tgz",{},""],}}', "https://evil.example"],
    ["pnpm-lock.yaml", "", 'resolution: {"tarball": "https://evil.example/a"}', "https://evil.example"],
    ["pnpm-lock.yaml", "", String.raw`resolution: {"tarb\x61ll": "https://evil.example/a"}`, "https://evil.example"],
    ["pnpm-lock.yaml", "", "resolution: {tarball: file:vendor/evil.tgz}", "file:vendor/evil.tgz"],
    ["pnpm-lock.yaml", "", "resolution: {tarball: *elsewhere}", "*elsewhere"],
    ["Cargo.lock", "", "source = 'git+https://evil.example/x'", "git+https://evil.example"],
    ["uv.lock", "", 'source.registry="https://evil.example/simple"', "https://evil.example"],
  ])("may not fetch from a new place: %s", (path, before, after, host) => {
    expect(judgeContent([{ path, before, after }])).toEqual([
      `${path} takes packages from ${host}, and nothing in it did before`,
    ]);
  });

  it("is read in no time, whatever was put into it", () => {
    const many = 100_000;
    const nested = `${'{"dependencies":'.repeat(many)}{}${"}".repeat(many)}`;
    expect(judgeContent([{ path: "package-lock.json", before: null, after: nested }])).toEqual([]);
    const parts = [
      "a",
      "{",
      "[",
      '"',
      '\\"',
      "tarball: ",
      "://",
      "@",
      "a@",
      "https://",
      "%74",
      " ",
      ".t",
      "__archiveUrl=",
    ];
    for (const part of parts.map((one) => one.repeat(many)))
      for (const [path, after] of [
        ["yarn.lock", part],
        ["pnpm-lock.yaml", part],
        ["package-lock.json", JSON.stringify({ resolved: part })],
        ["package.json", JSON.stringify({ dependencies: { a: `npm:${part}` } })],
      ] as const)
        expect(judgeContent([{ path, before: null, after }]).length).toBeLessThanOrEqual(2);
  });

  it("tells five new places, since each is reason enough", () => {
    const urls = Array.from({ length: 9 }, (_, n) => `https://${n}.example/a.tgz`);
    expect(judgeContent([{ path: "package-lock.json", before: null, after: npm(...urls) }])).toHaveLength(5);
  });

  it("of npm must be JSON", () => {
    expect(judgeContent([{ path: "package-lock.json", before: "{}", after: "<<<<<<< ours\n{}" }])).toEqual([
      "package-lock.json is no JSON, so nobody can say what it installs",
    ]);
  });

  it("may name registries, folders and what yarn patches by itself", () => {
    const workspace =
      '{"packages":{"":{"dependencies":{"a":"^1"}},"node_modules/a":{"resolved":"packages/a","link":true}}}';
    const berry = [
      "__metadata:\n  version: 8\n  cacheKey: 10c0\n",
      '"@a/b@npm:^1.0.0, @a/b@npm:^1.1.0":\n  version: 1.2.0\n  resolution: "@a/b@npm:1.2.0"\n  checksum: 10c0/aB+/9=\n',
      '  resolution: "ts@patch:ts@npm%3A5.0#optional!builtin<compat/ts>::version=5.0&hash=ab"\n  linkType: hard\n',
      '"app@workspace:.":\n  resolution: "app@workspace:."\n',
    ].join("\n");
    const classic =
      '"@a/b@^1":\n  version "1.0.0"\n  resolved "https://registry.yarnpkg.com/b.tgz#1"\n  integrity sha512-a/b+c==\n';
    const bun = '{"lockfileVersion":1,"packages":{"a":["a@1.0.0","",{"bin":{"a":"./a.js"}},"sha512-a//b=="],}}';
    const pnpm =
      "  a@1.0.0:\n    resolution: {integrity: sha512-a/b==}\n    deprecated: don't, see https://a.example/b\n";
    const uv = 'source = { registry = "https://pypi.org/simple" }\nsource = { editable = "." }\n';
    for (const [path, after] of [
      ["package-lock.json", workspace],
      ["yarn.lock", berry],
      ["yarn.lock", classic],
      ["bun.lock", bun],
      ["pnpm-lock.yaml", pnpm],
      ["uv.lock", uv],
      ["Gemfile.lock", "PATH\n  remote: vendor/gem\nGEM\n  remote: https://rubygems.org/\n"],
    ] as const)
      expect(judgeContent([{ path, before: null, after }])).toEqual([]);
  });

  it("is no other one for being spelled otherwise", () => {
    const blank = fc.stringMatching(/^[ \t\n]{0,3}$/);
    const letter = (one: string, way: number): string => {
      const code = `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
      return [one, code, one === "/" ? "\\/" : one][way] ?? one;
    };
    const spelled = (text: string): fc.Arbitrary<string> =>
      fc
        .array(fc.nat(2), { minLength: text.length, maxLength: text.length })
        .map((ways) => `"${Array.from(text, (one, n) => letter(one, ways[n] ?? 0)).join("")}"`);
    const place = fc.constantFrom(
      "https://evil.example/a.tgz",
      "file:vendor/evil.tgz",
      "git+ssh://git@e.example/r",
      "o/r",
    );
    const written = place.chain((url) =>
      fc.tuple(fc.constant(url), blank, spelled("resolved"), blank, spelled(url), blank),
    );
    fc.assert(
      fc.property(written, fc.nat(20), ([url, a, key, b, value, c], depth) => {
        const inner = `{${a}${key}${b}:${c}${value}}`;
        const after = `${'{"packages":'.repeat(depth)}${inner}${"}".repeat(depth)}`;
        const plain = judgeContent([{ path: "package-lock.json", before: null, after: npm(url) }]);
        expect(plain).toHaveLength(1);
        expect(judgeContent([{ path: "package-lock.json", before: null, after }])).toEqual(plain);
        expect(judgeContent([{ path: "package-lock.json", before: npm(url), after }])).toEqual([]);
      }),
    );
  });

  it("takes from where the tool goes: a plain URL is known by the host that parsers see", () => {
    const part = fc.constantFrom(
      "https:",
      "http:",
      "//",
      "/",
      "\\",
      "@",
      "#",
      "?",
      ":",
      "evil.example",
      "registry.npmjs.org",
      "a",
      " ",
      "\t",
      "%2f",
      "'",
      "=",
      ",",
      "\u00e9",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const url = `https://${parts.join("")}`;
        const host = URL.canParse(url) ? new URL(url).host : "";
        // Nobody owns a domain `org'`.
        if (host === "" || /^registry\.npmjs\.org[',=]*$/.test(host)) return;
        const files = [
          { path: "package-lock.json", after: JSON.stringify({ resolved: url }) },
          { path: "package.json", after: JSON.stringify({ dependencies: { x: url } }) },
          ...(/\s/.test(url) ? [] : [{ path: "yarn.lock", after: `resolved "${url}"\n` }]),
        ];
        expect(files.filter((file) => judgeContent([{ before: null, ...file }]).length === 0)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
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
