import { describe, expect, it } from "vitest";
import { EFFECT_NAMES, parseFaults } from "../../src/domain/effect.ts";

describe("DISPATCH_FAULT", () => {
  it("names effect, time, place and harm; several with commas between them", () => {
    expect(parseFaults("push:1:after:kill, pull-request:12:recorded:throw,merge:1:before:freeze")).toEqual([
      { effect: "push", nth: 1, at: "after", how: "kill" },
      { effect: "pull-request", nth: 12, at: "recorded", how: "throw" },
      { effect: "merge", nth: 1, at: "before", how: "freeze" },
    ]);
  });

  it("can name every effect", () => {
    for (const name of EFFECT_NAMES)
      expect(parseFaults(`${name}:2:before:hang`)).toEqual([{ effect: name, nth: 2, at: "before", how: "hang" }]);
  });

  it.each([
    ["pusch:1:after:kill", 'there is no effect "pusch"; did you mean push?'],
    ["", 'there is no effect ""; there are heal, '],
    ["toString:1:after:kill", 'there is no effect "toString"'],
  ])("refuses %j: no such effect", (text, why) => {
    expect(parseFaults(text)).toContain(why);
  });

  it.each([
    "push",
    "push:0:after:kill",
    "push:1x:after:kill",
    "push:1:during:kill",
    "push:1:after:burn",
    "push:1:after:kill:x",
  ])("refuses %j and says how it is written", (text) => {
    expect(parseFaults(text)).toBe(
      `${JSON.stringify(text)} is not push:<nth>:before|after|recorded:kill|throw|hang|freeze`,
    );
  });
});
