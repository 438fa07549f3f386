import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isLocalBranch,
  requireBranch,
  requireObjectId,
  requireOwnBranch,
  requireTaskId,
  salvagePrefix,
} from "../../../src/adapters/git/names.ts";

const taken = (check: (text: string) => string, text: string): boolean => {
  try {
    return check(text) === text;
  } catch {
    return false;
  }
};

test("a branch name that we take is one that git takes, and can be no option", () => {
  const part = fc.string({ unit: fc.constantFrom(..."aZ9.-_@{}~^:?*[\\ \u0001\u007fü\t".split("")), maxLength: 6 });
  const name = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
    fc.constantFrom(
      "a.lock",
      "a.lock/b",
      "@",
      "HEAD",
      "a..b",
      ".a",
      "a/.b",
      "a/",
      "/a",
      "a//b",
      "-a",
      "a/-b",
      "a@{1}",
      "",
    ),
  );
  fc.assert(
    fc.property(name, (branch) => {
      fc.pre(taken(requireBranch, branch));
      expect(branch.startsWith("-")).toBe(false);
      execFileSync("git", ["check-ref-format", `refs/heads/${branch}`]);
    }),
    { numRuns: 60, maxSkipsPerRun: 1000 },
  );
});

test.each(["main", "release/1.x", "feature/ü", "dispatch/a--b", "a@b", "v1.0"])(
  "the branch name %s is fine",
  (name) => {
    expect(taken(requireBranch, name)).toBe(true);
  },
);

test("only branches below our prefixes are ours", () => {
  const names = [
    "dispatch/a",
    "dispatch-review/a-1",
    "dispatch-test/a-1",
    "main",
    "dispatch",
    "dispatchx/a",
    "x/dispatch/a",
  ];
  expect(names.filter((name) => taken(requireOwnBranch, name))).toEqual(names.slice(0, 3));
  expect(names.filter(isLocalBranch)).toEqual(["dispatch-review/a-1", "dispatch-test/a-1"]);
});

test("an object id is 40 or 64 digits and nothing else", () => {
  for (const id of ["a".repeat(40), "0".repeat(64)]) expect(taken(requireObjectId, id)).toBe(true);
  for (const id of ["HEAD", "a".repeat(39), "A".repeat(40), `${"a".repeat(40)}^`, `-${"a".repeat(39)}`]) {
    expect(taken(requireObjectId, id)).toBe(false);
  }
});

test("a task id is one component of a ref, as the contract has it", () => {
  for (const id of ["A", "T-1", "login.form_2", "x".repeat(64)]) expect(taken(requireTaskId, id)).toBe(true);
  for (const id of ["", "-a", "a--b", "a..b", "a.", "a.lock", "a/b", "x".repeat(65), "a b", "../x"]) {
    expect(taken(requireTaskId, id)).toBe(false);
  }
  expect(salvagePrefix("A")).toBe("refs/dispatch/salvage/A/");
});
