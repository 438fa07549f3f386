import { expect, it } from "vitest";
import { nextCommands } from "../../../src/cli/demo/next-commands.ts";

const typed = (dir: string, argv: readonly string[] = ["demo"]): string | undefined =>
  nextCommands({ dir: "/somewhere/demo" }, dir, { argv, env: {} })[0]?.[0];

it("goes to the folder by the name that was typed", () => {
  expect(typed("dispatch-demo")).toBe("cd dispatch-demo");
});

it("quotes a name that a shell would take apart", () => {
  expect(typed("it's mine")).toBe(String.raw`cd 'it'\''s mine'`);
});

it("names the whole path where -C moved us", () => {
  expect(typed("demo", ["-C", "/somewhere", "demo"])).toBe("cd /somewhere/demo");
});

it("goes on with review, diff and status", () => {
  const words = nextCommands({ dir: "/" }, "x", { argv: [], env: { npm_command: "exec" } }).map(([command]) => command);
  expect(words.slice(1)).toEqual(["review", "diff T-1", "status"].map((word) => `npx dispatch-fleet ${word}`));
});
