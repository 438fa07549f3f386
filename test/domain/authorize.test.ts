import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorize, REACHES, type Resources, type RoleRules } from "../../src/domain/authorize.ts";
import { aPolicy } from "../support/domain-data.ts";

const role = (own: Partial<RoleRules> = {}): RoleRules => aPolicy({ coder: own }).roles.coder;
const change = (paths: readonly string[], own: Partial<Resources["change"]> = {}): Resources["change"] => ({
  files: paths.map((path) => ({ path, added: 1, removed: 1 })),
  protected: [".github/**"],
  elsewhere: [],
  ...own,
});

describe("what a role may change", () => {
  it("is everything but protected paths where nothing else is said", () => {
    expect(authorize(role(), "change", change(["src/a.ts", "README.md"]))).toBeNull();
    expect(authorize(role(), "change", change([".GitHub/workflows/ci.yml"]))).toEqual({
      code: "policy",
      sentence: "protected paths were changed: .GitHub/workflows/ci.yml",
    });
  });

  it("is protected too where the role says so, with what that makes others run", () => {
    const both = change([".github/a.yml"], { elsewhere: ["package.json has a new install script: prepare"] });
    expect(authorize(role(), "change", both)?.sentence).toBe(
      "protected paths were changed: .github/a.yml; package.json has a new install script: prepare",
    );
    expect(authorize(role({ touchProtected: true }), "change", both)).toBeNull();
  });

  it("names five paths and says that there are more", () => {
    const many = change([1, 2, 3, 4, 5, 6].map((n) => `.github/${n}`));
    expect(authorize(role(), "change", many)?.sentence).toMatch(/1, .*5, …$/);
  });

  it("is nothing outside of its list", () => {
    const docs = role({ allow: ["docs/**", "*.md"] });
    expect(authorize(docs, "change", change(["docs/a/b.md", "README.md"]))).toBeNull();
    expect(authorize(docs, "change", change(["docs/a.md", "src/a.ts"]))?.sentence).toBe(
      "paths were changed that the role may not touch: src/a.ts",
    );
  });

  it("never is what is denied, whatever else allows it", () => {
    const paths = fc.constantFrom("src/a.ts", "SRC/keys/b.ts", "src/keys/c.ts", "d.md");
    const rules = fc.record({ touchProtected: fc.boolean(), openPullRequest: fc.boolean() });
    fc.assert(
      fc.property(fc.array(paths, { minLength: 1 }), rules, (some, own) => {
        const refused = authorize(role({ ...own, allow: ["**"], deny: ["src/keys/**"] }), "change", change(some));
        expect(refused !== null).toBe(some.some((path) => path.toLowerCase().startsWith("src/keys/")));
      }),
    );
  });

  it("is bounded in files and lines, those that went away included; a binary file has no lines", () => {
    const two = change(["a", "b"], {
      files: [
        { path: "a", added: 2, removed: 3 },
        { path: "b", added: null, removed: null },
      ],
    });
    expect(authorize(role({ maxFiles: 2, maxLines: 5 }), "change", two)).toBeNull();
    expect(authorize(role({ maxFiles: 1, maxLines: 4 }), "change", two)?.sentence).toBe(
      "2 files were changed, the role may change 1; 5 lines were changed, the role may change 4",
    );
  });
});

describe("whether an agent may start", () => {
  it("depends on how far it reaches: never further than its role", () => {
    fc.assert(
      fc.property(fc.constantFrom(...REACHES), fc.constantFrom(...REACHES), (network, widest) => {
        const refused = authorize(role({ network: widest }), "start", { network, spentUsd: 0 });
        expect(refused?.code ?? null).toBe(REACHES.indexOf(network) > REACHES.indexOf(widest) ? "policy" : null);
      }),
    );
  });

  it("ends where its role has spent what it may for the task", () => {
    const start = (spentUsd: number) => authorize(role({ maxTaskUsd: 2 }), "start", { network: "none", spentUsd });
    expect(start(1.99)).toBeNull();
    expect(start(2)).toEqual({
      code: "budget",
      sentence: "its role has spent $2.00 on this task, and may spend $2.00",
    });
  });
});

it("opens pull requests only where the role may", () => {
  expect(authorize(role(), "open-pull-request", { branch: "dispatch/a--b" })).toBeNull();
  expect(authorize(role({ openPullRequest: false }), "open-pull-request", { branch: "dispatch/a--b" })).toEqual({
    code: "policy",
    sentence: "its role may not open a pull request: dispatch/a--b was not pushed",
  });
});
