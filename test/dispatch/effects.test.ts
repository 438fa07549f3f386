import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { openFaults, readFaults } from "../../src/adapters/process/faults.ts";
import { withEffects } from "../../src/dispatch/effects.ts";
import { approve, cancel, merge, reject } from "../../src/dispatch/gate.ts";
import type { Ports } from "../../src/dispatch/ports.ts";
import { rebaseWaiting } from "../../src/dispatch/rebase-waiting.ts";
import { EFFECT_NAMES, EFFECTS, type EffectName } from "../../src/domain/effect.ts";
import { aFinding, anItem } from "../support/domain-data.ts";
import { approve as approves, says, storyHouse, writing, type Play } from "../support/story.ts";

const human = { by: "a human", run: "r" };
const watching = { isPaused: async () => false };

/** Which refs an effect may move: in the user's repository (here) and on origin (there). */
const MOVES: Partial<Record<EffectName, readonly RegExp[]>> = {
  // A branch that is new begins with its worktree; those of testers and reviewers end with it.
  worktree: [/^here refs\/heads\/dispatch(-test|-review)?\//],
  "worktree-release": [/^here refs\/heads\/dispatch-(test|review)\//],
  claim: [/^there refs\/dispatch\/claims\//],
  "claim-release": [/^there refs\/dispatch\/claims\//],
  branch: [/^here refs\/heads\/dispatch\//],
  salvage: [/^here refs\/dispatch\/salvage\//],
  "salvage-drop": [/^here refs\/dispatch\/salvage\//],
  // Which renews the claim.
  push: [/^there refs\/heads\/dispatch\//, /^there refs\/dispatch\/claims\//],
  "pull-request": [/^there refs\/dispatch\/pr\//],
  comment: [/^there refs\/dispatch\/pr\//],
  review: [/^there refs\/dispatch\/pr\//],
  merge: [/^there refs\/dispatch\/pr\//, /^there refs\/heads\/main$/],
  close: [/^there refs\/dispatch\/pr\//],
  unpublish: [/^there refs\/heads\/dispatch\//],
  "branch-delete": [/^here refs\/heads\/dispatch\//],
  audit: [/^here refs\/dispatch\/audit$/],
};

/** Nobody's effect: our copy of the base, and a claim that was given back and leaves when it can. */
const BESIDE = [/^here refs\/dispatch\/base\//, /^there refs\/dispatch\/claims\//];

it("has a seam at every side effect, says in which order it was done and written down, and no ref moves beside it", async () => {
  const reviewer: Play = async ({ round }) =>
    says(round === 1 ? { decision: "request_changes", findings: [aFinding("mend")], summary: "" } : approves);
  const starts: string[] = [];
  const coder: Play = async (input, cwd, signal) => {
    starts.push(input.task.id);
    // Asked for before it writes: what it wrote may be saved at once.
    const isSaved = new Promise<void>((resolve) => (saved = resolve));
    await writing(input, cwd, signal);
    if (input.task.id === "B") await isSaved;
    return input.attempt === 1 && input.round === 1 ? { end: { kind: "exit_code", exitCode: 1 } } : {};
  };
  const seen: string[] = [];
  const open = new Set<EffectName>();
  let saved = (): void => undefined;
  const unexplained: string[] = [];
  let refs: ReadonlyMap<string, string> = new Map();
  await using house = await storyHouse({
    items: [anItem("A"), anItem("B")],
    // One after the other: what moves a ref is known.
    settings: {
      jobs: 1,
      limits: { wallSeconds: 60, idleSeconds: 60, outputMb: 10, changedFiles: 1000, autosaveSeconds: 0.05 },
    },
    coder,
    reviewer,
    claims: "real",
    checks: async () => 0,
    wrapPorts: (ports) =>
      withEffects(ordered(ports), async (effect, nth, at) => {
        seen.push(`${effect} ${nth} ${at}`);
        const allowed = [...BESIDE, ...[...open].flatMap((one) => MOVES[one] ?? [])];
        for (const ref of await moved())
          if (!allowed.some((one) => one.test(ref))) unexplained.push(`${[...open].join(", ")}: ${ref}`);
        if (at === "before") open.add(effect);
        if (at === "after") open.delete(effect);
        // While its coder works.
        if (effect === "salvage" && at === "after") saved();
      }),
  });
  const moved = async (): Promise<readonly string[]> => {
    const before = refs;
    refs = new Map([
      ...looseRefs("here", join(house.repo.dir, ".git")),
      ...looseRefs("there", house.repo.origin ?? ""),
    ]);
    return [...new Set([...before.keys(), ...refs.keys()])].filter((ref) => before.get(ref) !== refs.get(ref));
  };
  await moved();
  await house.run();
  await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
  await moved();
  await rebaseWaiting(house.ports, watching, human, house.settings);
  await reject(house.ports, human, "A", "more", 5);
  await house.run();
  await approve(house.ports, human, "A");
  await merge(house.ports, human, "A");
  await cancel(house.ports, human, "B");

  expect(unexplained).toEqual([]);
  const happened = new Set(seen.map((one) => one.split(" ")[0]));
  expect(EFFECT_NAMES.filter((name) => !happened.has(name))).toEqual([]);
  for (const name of happened) expect(seen.indexOf(`${name} 1 before`)).toBeLessThan(seen.indexOf(`${name} 1 after`));
  const recorded = EFFECT_NAMES.filter((name) => EFFECTS[name].length > 0 && happened.has(name));
  for (const name of recorded) expect(seen.indexOf(`${name} 1 after`)).toBeLessThan(seen.indexOf(`${name} 1 recorded`));
  expect(seen.indexOf("push 1 recorded")).toBeLessThan(seen.indexOf("pull-request 1 before"));
  expect(seen.filter((one) => /^spawn-coder \d+ before$/.test(one))).toHaveLength(starts.length);
});

/** A forge on which somebody asks once what becomes of it. */
function ordered(ports: Ports): Ports {
  const orders = [{ id: 1, by: "ada", at: "2026-01-01T00:00:00Z", text: "explain" }];
  return { ...ports, forge: { ...ports.forge, fetchOrders: async () => orders.splice(0) } };
}

/** Read without a process of git's: this is asked some hundred times. */
function looseRefs(where: string, gitDir: string): readonly (readonly [string, string])[] {
  return readdirSync(join(gitDir, "refs"), { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [`${where} ${relative(gitDir, file)}`, readFileSync(file, "utf8")];
    });
}

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

it("leaves an agent what it promised", async () => {
  await using house = await storyHouse({ items: [], readsOnly: true });
  const { agents } = withEffects(house.ports, async () => undefined);
  expect(agents.get("reviewer")?.readsOnly).toBe(true);
});

it("is not there where nothing is asked for, and refuses what it cannot read", () => {
  expect([readFaults(undefined), readFaults("")]).toEqual([null, null]);
  expect(() => readFaults("x")).toThrow(/^DISPATCH_FAULT: there is no effect "x"/);
});
