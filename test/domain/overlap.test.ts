import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import {
  certainOverlap,
  conflictsOf,
  conflictsWith,
  globMatches,
  globsMayMeet,
  mayOverlap,
} from "../../src/domain/overlap.ts";
import { aTask } from "../support/domain-data.ts";

describe("two globs", () => {
  it.each([
    ["a.ts", "a.ts", true],
    ["a.ts", "b.ts", false],
    ["./a.ts", "/a.ts", true],
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/b/a.ts", false],
    ["src/**", "src/b/a.ts", true],
    ["src/**/*.ts", "src/a.ts", true],
    ["src/", "src/b/a.ts", true],
    ["src/", "srcs/a.ts", false],
    ["a*", "*b", true],
    ["a*c", "*b", false],
    ["?b", "a?", true],
    ["?", "ab", false],
    ["a?c", "*bc", true],
    ["**/a/**", "b/**/c", true],
    ["**/*.test.*", "src/**", true],
    ["src/**", "test/**", false],
    ["*/a", "b/*", true],
    ["{a,b}.ts", "b.ts", true],
    ["{a,b}.ts", "{c,d}.ts", false],
    ["src/{a,b/{c,d}}/*.ts", "src/b/d/x.ts", true],
    ["{a}", "a", false],
    ["{a}", "{a}", true],
    ["a{b", "a{b", true],
    ["{a,b", "{a,?", true],
    ["x**y", "xzy", true],
    ["x**y", "x/y", false],
    ["app/[id]/page.tsx", "app/[id]/page.tsx", true],
    ["app/[id]/page.tsx", "app/i/page.tsx", false],
    ["**", "any/where", true],
    [".github/**", ".github/workflows/ci.yml", true],
    ["**", ".hidden/x", true],
  ])("%s and %s: %s", (a, b, meet) => {
    expect(globsMayMeet(a, b)).toBe(meet);
    expect(globsMayMeet(b, a)).toBe(meet);
  });

  it("with more alternatives than anybody writes are taken to meet, at once", () => {
    expect(globsMayMeet("{a,b}".repeat(40), "zzz")).toBe(true);
    expect(globsMayMeet(`{${"{a,b}".repeat(40)},c}`, "zzz")).toBe(true);
    expect(globsMayMeet(`${"*a".repeat(400)}b`, "a".repeat(800))).toBe(false);
  });

  const names = fc
    .string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 3 })
    .filter((name) => !/^\.+$/.test(name));
  const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  /** A glob that matches the path: letters become wildcards, runs of segments become `**`. */
  const globsOf = (path: string): fc.Arbitrary<string> => {
    const segment = (name: string) =>
      fc.oneof(
        fc.constant(name),
        fc.constant("*"),
        fc.constant("**"),
        fc.nat(name.length - 1).map((at) => `${name.slice(0, at)}?${name.slice(at + 1)}`),
        fc.nat(name.length - 1).map((at) => `${name.slice(0, at)}*`),
        fc.constant(`{${name},zz}`),
      );
    return fc.tuple(...path.split("/").map(segment)).map((parts) => parts.join("/"));
  };

  it("meet wherever one path matches both", () => {
    const cases = paths.chain((path) => fc.tuple(fc.constant(path), globsOf(path), globsOf(path)));
    fc.assert(
      fc.property(cases, ([path, a, b]) => {
        expect(globMatches(a, path)).toBe(true);
        expect(globMatches(b, path)).toBe(true);
        expect(globsMayMeet(a, b)).toBe(true);
      }),
    );
  });

  it.each([
    ["letters", "", ["a", "b", "?", "*"]],
    ["segments", "/", ["a", "b", "*", "**"]],
  ])("meet exactly when one of all short paths matches both, by %s", (_, between, parts) => {
    const longer = (words: readonly string[]) =>
      words.flatMap((word) => ["a", "b"].map((next) => word + between + next));
    const all: string[][] = [["a", "b"]];
    while (all.length < 6) all.push(longer(all.at(-1) ?? []));
    const globs = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 }).map((some) => some.join(between));
    fc.assert(
      fc.property(globs, globs, (a, b) => {
        const witness = all.flat().some((path) => globMatches(a, path) && globMatches(b, path));
        expect(globsMayMeet(a, b)).toBe(witness);
      }),
    );
  });

  it("match a path as picomatch does", () => {
    const segment = fc.oneof(
      fc.constant("**"),
      fc.string({ unit: fc.constantFrom("a", "b", "?", "*"), minLength: 1, maxLength: 3 }),
      fc.constantFrom("{a,b}", "{ab,b*}", "a{,b}"),
    );
    // picomatch lets a final `**` stand for nothing, except behind a star: `a?/**` matches `ab`, `a*/**` does not.
    const globs = fc
      .array(segment, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"))
      .filter((glob) => !/\*[^/]*(?:\/\*\*)+$|\*{3}/.test(glob));
    fc.assert(
      fc.property(globs, paths, (glob, path) => {
        expect(globMatches(glob, path)).toBe(picomatch.isMatch(path, glob, { dot: true, bash: false }));
      }),
      { numRuns: 2000 },
    );
  });

  it("read a path's own letters as letters", () => {
    expect(globMatches("a*b", "a*b")).toBe(true);
    expect(globMatches("axb", "a*b")).toBe(false);
    expect(globMatches("{a,b}/c", "{a,b}/c")).toBe(false);
  });
});

describe("two declarations of files", () => {
  it("may overlap when any two globs meet", () => {
    expect(mayOverlap(["a.ts", "src/**"], ["b.ts", "src/x.ts"])).toBe(true);
    expect(mayOverlap(["a.ts"], ["b.ts"])).toBe(false);
    expect(mayOverlap([], ["**"])).toBe(false);
  });

  it("overlap for certain when they name the same file", () => {
    expect(certainOverlap(["x", "./src/a.ts"], ["src//a.ts"])).toBe(true);
    expect(certainOverlap(["src/*.ts"], ["src/*.ts"])).toBe(false);
    expect(certainOverlap(["src/"], ["src/"])).toBe(false);
    expect(certainOverlap(["src/a.ts"], ["src/*.ts"])).toBe(false);
    expect(certainOverlap(["a.ts"], ["b.ts"])).toBe(false);
    expect(certainOverlap(["a"], [])).toBe(false);
    expect(certainOverlap([], ["a"])).toBe(false);
  });
});

describe("conflicts", () => {
  it("are the pairs that may touch the same files, with what they meet in", () => {
    const tasks = [
      aTask("A", { files: ["src/**", "README.md"] }),
      aTask("B", { files: ["README.md", "src/b.ts"] }),
      aTask("C", { files: ["docs/*.md"] }),
      aTask("D", { files: ["docs/*.md", "**/b.ts"] }),
      aTask("E"),
    ];
    expect(conflictsOf(tasks)).toEqual([
      { a: "A", b: "B", files: ["README.md", "src/b.ts"] },
      { a: "A", b: "D", files: ["**/b.ts", "src/**"] },
      { a: "B", b: "D", files: ["src/b.ts"] },
      { a: "C", b: "D", files: ["docs/*.md"] },
    ]);
  });

  it("are none where one waits for the other, though by way of a third", () => {
    const files = ["CHANGELOG.md"];
    const chain = [
      aTask("A", { files }),
      aTask("B", { files, after: ["A", "old"] }),
      aTask("C", { files, after: ["B"] }),
    ];
    expect(conflictsOf(chain)).toEqual([]);
    expect(conflictsOf(chain.toReversed())).toEqual([]);
    expect(conflictsOf([...chain, aTask("D", { files })])).toHaveLength(3);
  });

  it("are found by sorting as they are by comparing everything with everything", () => {
    const glob = fc.constantFrom("a", "a/b", "a/*", "a/**", "ab", "b/**", "*", "**/b", "{a,b}/b", "a/", "ab/c");
    const files = fc.array(fc.array(glob, { maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(files, (declared) => {
        const tasks = declared.map((own, nth) => aTask(`t${nth}`, { files: own }));
        const pairs = tasks.flatMap((a, nth) =>
          tasks.slice(nth + 1).flatMap((b) => (mayOverlap(a.files, b.files) ? [`${a.id} ${b.id}`] : [])),
        );
        expect(conflictsOf(tasks).map(({ a, b }) => `${a} ${b}`)).toEqual(pairs);
      }),
    );
  });

  it("are counted no further than anybody reads", () => {
    const tasks = Array.from({ length: 1000 }, (_, nth) => aTask(`t${nth}`, { files: ["CHANGELOG.md"] }));
    expect(conflictsOf(tasks).length).toBe(50_000);
  });
});

describe("conflicts with open pull requests", () => {
  const task = { id: "A", after: [], files: ["src/**", "a.ts"] };

  it("are foretold beside those of the tasks, but not among the open ones, nor with one's own", () => {
    const open = [
      { id: "O", files: ["src/o.ts"] },
      { id: "P", files: ["src/o.ts", "a.ts"] },
      { id: "A", files: ["a.ts"] },
    ];
    expect(conflictsWith([task], open)).toEqual([
      { a: "A", b: "O", files: ["src/o.ts"] },
      { a: "A", b: "P", files: ["a.ts", "src/o.ts"] },
    ]);
  });

  it("leave out names that would be read as globs", () => {
    expect(conflictsWith([task], [{ id: "O", files: ["src/[a]*.ts"] }])).toEqual([]);
  });
});
