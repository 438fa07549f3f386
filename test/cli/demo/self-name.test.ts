import { expect, it } from "vitest";
import { selfName } from "../../../src/cli/demo/self-name.ts";

it("is the command where we were started as one", () => {
  expect(selfName({ script: "/usr/local/bin/dispatch", env: {} }, "/home/me/demo")).toBe("dispatch");
});

it("is npx with the package's name where npx brought us", () => {
  const script = "/home/me/.npm/_npx/1a2b/node_modules/.bin/dispatch";
  expect(selfName({ script, env: { npm_command: "exec" } }, "/home/me/demo")).toBe("npx dispatch-fleet");
});

it("is the script in a checkout of the sources, seen from where the next command is typed", () => {
  const env = { npm_command: "run-script" };
  expect(selfName({ script: "/src/dist/main.js", env }, "/src/dispatch-demo")).toBe("node ../dist/main.js");
  expect(selfName({ script: "/my src/dist/main.js", env }, "/")).toBe("node 'my src/dist/main.js'");
});
