import { describe, expect, it } from "vitest";
import { assignmentKey } from "../../src/domain/assignment.ts";
import { DispatchError, EXIT, hasErrorCode } from "../../src/domain/errors.ts";
import { SEVERITIES } from "../../src/domain/verdict.ts";

describe("a key of an assignment", () => {
  it("names task, episode, role, round and attempt", () => {
    expect(assignmentKey({ task: "A", episode: 2, role: "coder", round: 3, attempt: 4 })).toBe("A/2/coder/3/4");
  });
});

describe("an error of ours", () => {
  it("carries its code, hint, exit code, facts and cause", () => {
    const cause = new Error("below");
    const error = new DispatchError({ code: "c", message: "m", hint: "h", exit: EXIT.owned, facts: { pid: 1 }, cause });
    expect(error).toMatchObject({ code: "c", message: "m", hint: "h", exit: 7, facts: { pid: 1 }, cause });
    expect(error).toBeInstanceOf(Error);
  });

  it("is told from others by its code", () => {
    expect(hasErrorCode(new DispatchError({ code: "c", message: "m", hint: "h" }), "c")).toBe(true);
    expect(hasErrorCode(new DispatchError({ code: "d", message: "m", hint: "h" }), "c")).toBe(false);
    expect(hasErrorCode(Object.assign(new Error("m"), { code: "c" }), "c")).toBe(false);
  });

  it("is a plain failure without further facts", () => {
    const error = new DispatchError({ code: "c", message: "m", hint: "h" });
    expect(error).toMatchObject({ exit: 1, facts: {} });
    expect("cause" in error).toBe(false);
  });
});

it("knows severities from the gravest down", () => {
  expect(SEVERITIES[0]).toBe("blocker");
});
