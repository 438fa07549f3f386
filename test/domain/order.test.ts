import { describe, expect, it } from "vitest";
import { askBack, ORDERS, parseOrder } from "../../src/domain/order.ts";

describe("an order beside a pull request", () => {
  it.each(["retry", "pause", "resume", "stop", "explain", "rebase"])("may be %s", (word) => {
    expect(parseOrder(word)).toEqual({ kind: word });
    expect(parseOrder(` ${word.toUpperCase()}  please\n`)).toEqual({ kind: word });
  });

  it("says what is to be fixed, in as many lines as it takes", () => {
    expect(parseOrder("fix the typo\nand the test")).toEqual({ kind: "fix", why: "the typo\nand the test" });
  });

  it.each(["", "fix", "fix  \n", "merge", "approve", "fixes it"])("is none when it says %j", (text) => {
    expect(parseOrder(text)).toBeNull();
  });

  it("that cannot be followed is answered with its form, or with all that there are", () => {
    expect(askBack("Budget lots")).toBe(
      "Nothing was done: it has to say `/dispatch budget USD`, with an amount of at most 10000, like 7.50.",
    );
    expect(askBack("fix")).toBe("Nothing was done: it has to say `/dispatch fix WHAT`.");
    for (const none of ["dance", ""])
      expect(askBack(none)).toBe(`There is no such order. There are: ${ORDERS.join(", ")}.`);
  });

  it.each(["5", "0.5", " 12.25 \n", "10000"])("lifts a cap to %j", (text) => {
    expect(parseOrder(`budget ${text}`)).toEqual({ kind: "budget", usd: Number(text) });
  });

  it.each([
    "",
    "0",
    "0.00",
    "-1",
    "10001",
    "1e3",
    "5 000",
    "5,5",
    "$5",
    "5 please",
    "5\nno, 6",
    ".5",
    "5.",
    "NaN",
    "0x5",
  ])("lifts none to %j", (text) => {
    expect(parseOrder(`budget ${text}`)).toBeNull();
  });

  it("can be listed", () => {
    expect(ORDERS).toContain("fix WHAT");
  });
});
