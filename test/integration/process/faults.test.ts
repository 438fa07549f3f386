import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { childScript } from "../../support/child-script.ts";

it("stops at its moment, and goes on when it is thawed", async () => {
  await using script = childScript("processes/freezes.ts");
  const { child, lines } = script;
  await script.line(/pushed 1/);
  while (!execFileSync("ps", ["-o", "stat=", "-p", `${child.pid}`], { encoding: "utf8" }).startsWith("T"))
    await sleep(10);
  expect(lines).toEqual(["pushed 1"]);
  child.kill("SIGCONT");
  await script.line(/pushed 2/);
});
