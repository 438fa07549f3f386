import { expect, it } from "vitest";
import { nearest } from "../../src/domain/nearest.ts";

it.each([
  ["lgoin", ["login", "logout"], "login"],
  ["Login", ["logon", "login"], "login"],
  ["auth-tests", ["auth-test", "api-tests"], "auth-test"],
  ["a", ["b"], "b"],
  ["LOGIN", ["logon", "login"], "login"],
  ["abc", ["abd", "abc"], "abc"],
  ["abcd", ["bcd", "abxx"], "bcd"],
  ["abcd", ["abcde", "xbcx"], "abcde"],
  ["abc", ["xyc", "abz"], "abz"],
  ["abc", ["xyc"], null],
  ["implement", ["implements-it", "implementing"], "implementing"],
  ["", [], null],
  ["payments", ["login", "search"], null],
  ["x", ["a-very-long-id"], null],
])("takes %j among %j to mean %j", (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});
