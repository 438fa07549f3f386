import { expect, test } from "vitest";
import { lastText } from "../../../src/adapters/process/last-text.ts";

test("the end of a text has no half characters and never more bytes than asked for", () => {
  expect(lastText("short", 10)).toBe("short");
  expect(lastText("0123456789", 4)).toBe("6789");
  expect(lastText("aä", 1)).toBe("");
  expect(lastText("x😀y", 4)).toBe("y");
  expect(lastText(Buffer.from("x😀y"), 5)).toBe("😀y");
});
