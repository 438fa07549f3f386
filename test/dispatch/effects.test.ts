import { expect, it } from "vitest";
import { openFaults, readFaults } from "../../src/adapters/process/faults.ts";
import { withEffects } from "../../src/dispatch/effects.ts";
import { approve, merge, reject } from "../../src/dispatch/gate.ts";
import { rebaseWaiting } from "../../src/dispatch/rebase-waiting.ts";
import { EFFECT_NAMES, EFFECTS, type EffectName } from "../../src/domain/effect.ts";
import { aFinding, anItem } from "../support/domain-data.ts";
import { approve as approves, says, storyHouse, writing, type Play } from "../support/story.ts";

const human = { by: "a human", run: "r" };
const watching = { isPaused: async () => false, isBusy: async () => false };

it("has a seam at every side effect, and says in which order it was done and written down", async () => {
  const reviewer: Play = async ({ round }) =>
    says(round === 1 ? { decision: "request_changes", findings: [aFinding("mend")], summary: "" } : approves);
  const coder: Play = async (input, cwd, signal) => {
    await writing(input, cwd, signal);
    return input.attempt === 1 && input.round === 1 ? { end: { kind: "exit_code", exitCode: 1 } } : {};
  };
  const seen: string[] = [];
  await using house = await storyHouse({
    items: [anItem("A")],
    coder,
    reviewer,
    claims: "real",
    checks: async () => 0,
    wrapPorts: (ports) => withEffects(ports, async (effect, nth, at) => void seen.push(`${effect} ${nth} ${at}`)),
  });
  await house.run();
  await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
  await rebaseWaiting(house.ports, watching, human, house.settings.policy);
  await reject(house.ports, human, "A", "more", 5);
  await house.run();
  await approve(house.ports, human, "A");
  await merge(house.ports, human, "A");

  const happened = new Set(seen.map((one) => one.split(" ")[0]));
  expect(EFFECT_NAMES.filter((name) => !happened.has(name))).toEqual([]);
  for (const name of EFFECT_NAMES)
    expect(seen.indexOf(`${name} 1 before`)).toBeLessThan(seen.indexOf(`${name} 1 after`));
  const recorded = EFFECT_NAMES.filter((name: EffectName) => EFFECTS[name].length > 0);
  for (const name of recorded) expect(seen.indexOf(`${name} 1 after`)).toBeLessThan(seen.indexOf(`${name} 1 recorded`));
  expect(seen.indexOf("push 1 recorded")).toBeLessThan(seen.indexOf("pull-request 1 before"));
});

it("breaks a task where it is told to, and what had been done is taken up by a retry", async () => {
  const faults = readFaults("pull-request:1:before:throw") ?? [];
  await using house = await storyHouse({
    items: [anItem("A")],
    wrapPorts: (ports) => withEffects(ports, openFaults(faults)),
  });
  const [task] = await house.run();
  expect(task).toMatchObject({ state: "failed", pr: null });
  expect(task?.reason).toBe("crashed: DISPATCH_FAULT: pull-request 1, before");
});

it("is not there where nothing is asked for, and refuses what it cannot read", () => {
  expect([readFaults(undefined), readFaults("")]).toEqual([null, null]);
  expect(() => readFaults("x")).toThrow(/^DISPATCH_FAULT: there is no effect "x"/);
});
