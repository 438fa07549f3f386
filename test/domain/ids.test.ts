import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caselessClash, isTaskId } from "../../src/domain/ids.ts";

describe("an id", () => {
  it.each(["A", "1", "login-form", "a.b_c-d", "a-", "x".repeat(64), "a.lock.b", "A.LOCK"])("may be %s", (id) => {
    expect(isTaskId(id)).toBe(true);
  });

  it.each([
    "",
    "-a",
    ".a",
    "_a",
    "a--b",
    "a..b",
    "a.",
    "a.lock",
    "x".repeat(65),
    "a b",
    "a/b",
    "a\n",
    "é",
    "a@{b",
    "$(id)",
  ])("is not %j", (id) => {
    expect(isTaskId(id)).toBe(false);
  });
});

describe("ids that differ only in case", () => {
  it("are found, the earlier one first", () => {
    expect(caselessClash(["B", "login", "c", "Login"])).toEqual(["login", "Login"]);
  });

  it("are not seen where the same id comes twice", () => {
    expect(caselessClash(["a", "a", "b"])).toBeNull();
  });

  it("are found exactly when lower case merges two of them", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[aAbB]{1,3}$/)), (ids) => {
        const merges = new Set(ids.map((id) => id.toLowerCase())).size < new Set(ids).size;
        expect(caselessClash(ids) !== null).toBe(merges);
      }),
    );
  });
});
