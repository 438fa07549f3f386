import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { branchName, parseBranchName, roleBranch } from "../../src/domain/branch-name.ts";
import { isTaskId } from "../../src/domain/ids.ts";

const ids = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/).filter(isTaskId);
const titles = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "B", "1", "-", " ", "é", "/", ".") }),
);

/** git-check-ref-format, as its manual lists it. */
function isValidRef(ref: string): boolean {
  const parts = ref.split("/");
  return (
    parts.length > 1 &&
    parts.every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock")) &&
    !/\.\.|[\p{Cc} ~^:?*[\\]|@\{|\.$/u.test(ref) &&
    ref !== "@"
  );
}

describe("a task branch", () => {
  it.each([
    ["A1", "Add login form", 1, "dispatch/a1--add-login-form"],
    ["A1", "Add login form", 2, "dispatch/a1--add-login-form-2"],
    ["a", "Größe: 100 % prüfen!", 1, "dispatch/a--gro-e-100-prufen"],
    ["a", "日本語 🙂", 1, "dispatch/a--task"],
    ["a", "", 3, "dispatch/a--task-3"],
    ["a", "Upgrade to Node 20", 1, "dispatch/a--upgrade-to-node20"],
    ["a", "1 - 2 - 3", 1, "dispatch/a--123"],
    ["a", "2024", 1, "dispatch/a--2024"],
    ["a-", "--x--", 1, "dispatch/a---x"],
    [
      "a",
      "An item whose title is far too long for the name of a branch",
      1,
      "dispatch/a--an-item-whose-title-is-far-too-long-for",
    ],
  ])("of %s, %j, attempt %d is %s", (id, title, attempt, name) => {
    expect(branchName(id, title, attempt)).toBe(name);
  });

  it("has attempt 1 unless told otherwise", () => {
    expect(branchName("a", "b")).toBe("dispatch/a--b");
  });

  it("is always a name that git takes, with a slug of at most 40 letters", () => {
    fc.assert(
      fc.property(ids, titles, fc.integer({ min: 1, max: 30 }), (id, title, attempt) => {
        const name = branchName(id, title, attempt);
        expect(isValidRef(name)).toBe(true);
        expect(parseBranchName(name)?.slug).toMatch(/^[a-z0-9-]{1,40}$/);
      }),
    );
  });

  it("parses back to its id, slug and attempt", () => {
    fc.assert(
      fc.property(ids, titles, fc.integer({ min: 1, max: 30 }), (id, title, attempt) => {
        const first = parseBranchName(branchName(id, title));
        expect(first).toEqual({ id: id.toLowerCase(), slug: first?.slug, attempt: 1 });
        expect(parseBranchName(branchName(id, title, attempt))).toEqual({ ...first, attempt });
        expect(`dispatch/${first?.id}--${first?.slug}`).toBe(branchName(id, title));
      }),
    );
  });

  it.each([
    "main",
    "dispatch/",
    "dispatch/a",
    "dispatch/a--",
    "dispatch/A--b",
    "dispatch/a--b/c",
    "x/dispatch/a--b",
    "dispatch/a--b-",
  ])("is not %s", (name) => {
    expect(parseBranchName(name)).toBeNull();
  });
});

describe("the branch of a look", () => {
  it("is named after the role, the task and the round", () => {
    expect(roleBranch("reviewer", "A.b", 2)).toBe("dispatch-review/a.b-2");
    expect(roleBranch("tester", "A", 1)).toBe("dispatch-test/a-1");
    expect(roleBranch("planner", "A", 1)).toBe("dispatch-plan/a-1");
  });

  it("is always a name that git takes", () => {
    fc.assert(
      fc.property(ids, fc.nat(9), (id, round) => {
        expect(isValidRef(roleBranch("reviewer", id, round))).toBe(true);
      }),
    );
  });
});
