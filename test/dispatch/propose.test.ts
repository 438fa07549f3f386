import { expect, it } from "vitest";
import { propose, type Proposed } from "../../src/dispatch/propose.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import type { Proposal } from "../../src/domain/proposal.ts";
import type { AgentOutcome } from "../../src/ports/agent.ts";
import { anItem } from "../support/domain-data.ts";
import { storyHouse, type StoryHouse } from "../support/story.ts";

const piece = (id: string, more: Partial<Proposal> = {}): Proposal => ({
  ...{ id, title: `Title of ${id}`, body: "", files: [`src/${id}.ts`], after: [], estimate: 60 },
  ...more,
});

const proposes = (tasks: readonly Proposal[] | undefined, costUsd: number | null = 0.5): Partial<AgentOutcome> => ({
  result: {
    kind: "valid",
    summary: "",
    verdict: null,
    usage: null,
    costUsd,
    ...(tasks === undefined ? {} : { tasks }),
  },
});

async function proposed(house: StoryHouse, only: readonly string[] | null = null): Promise<readonly Proposed[]> {
  const { ports, settings } = house;
  const all: Proposed[] = [];
  for await (const one of propose(ports, { ...settings, only }, new AbortController().signal)) all.push(one);
  return all;
}

const items = [anItem("A", { body: "all of it" }), anItem("B")];

it("each item that nobody began is split by the planner, at the base, and its money is booked", async () => {
  const inputs: AgentInput[] = [];
  await using house = await storyHouse({
    items,
    reviewer: null,
    async planner(input) {
      inputs.push(input);
      return proposes([piece(`${input.task.id}-1`), piece(`${input.task.id}-2`, { after: [`${input.task.id}-1`] })]);
    },
  });
  const all = await proposed(house);
  expect(
    all.map(({ item, agent, tasks, refused, reason, costUsd }) => [
      item.id,
      agent,
      tasks.length,
      refused,
      reason,
      costUsd,
    ]),
  ).toEqual([
    ["A", "planner", 2, [], null, 0.5],
    ["B", "planner", 2, [], null, 0.5],
  ]);
  expect(inputs[0]).toMatchObject({
    role: "planner",
    round: 1,
    attempt: 1,
    head: null,
    diff: "",
    task: { body: "all of it" },
  });
  const facts = await house.facts();
  expect(facts.filter(({ task }) => task === "A").map(({ name }) => name)).toEqual([
    "assignment.started",
    "assignment.ended",
  ]);
  expect(await house.repo.git("branch", "--list", "dispatch*")).toBe("");

  // It is the item's money, and nothing else of it: it is begun as if it were new.
  const [a] = await house.run(["A"]);
  expect(a).toMatchObject({ id: "A", state: "ready-for-human", attempts: 1, costUsd: 0.5, seconds: 1 });
  await expect(proposed(house, ["A"])).rejects.toMatchObject({ code: "not_split" });
  // Again is another attempt, not an interruption.
  inputs.length = 0;
  expect(await proposed(house)).toMatchObject([{ item: { id: "B" } }]);
  expect(inputs).toMatchObject([{ attempt: 2 }]);
  expect((await house.facts()).filter(({ name }) => name === "assignment.interrupted")).toEqual([]);
});

it("what is refused is asked for once more, with the reasons, and then it is the human's", async () => {
  const wide = [piece("A-1", { files: ["src/**"] }), piece("A-2")];
  const inputs: AgentInput[] = [];
  let answers: readonly Partial<AgentOutcome>[] = [proposes(wide), proposes([piece("A-1")])];
  await using house = await storyHouse({
    items: [anItem("A")],
    reviewer: null,
    async planner(input) {
      inputs.push(input);
      return answers[inputs.length - 1];
    },
  });
  expect(await proposed(house)).toMatchObject([{ tasks: [{ id: "A-1" }], refused: [], costUsd: 1 }]);
  const said = inputs[1]?.findings.map(({ message }) => message) ?? [];
  expect(said[0]).toBe("A-1 and A-2 overlap in their files: propose them as one task");
  expect(said[1]).toContain('"src/**"');

  answers = [...inputs.map(() => ({})), proposes(undefined), proposes([piece("A")])];
  expect(await proposed(house)).toMatchObject([{ tasks: [], refused: ["id A is taken"], reason: null }]);
  expect(inputs[3]?.findings[0]?.message).toBe("the result has no tasks");
});

it.each([
  ["an id of the backlog", [piece("b")], "ids B and b differ only in case"],
  ["an id proposed for another item", [piece("A-1")], "id A-1 is taken"],
  ["a circle through another task", [piece("B-1", { after: ["C"] })], "waits for itself"],
  ["nothing", [], "no task was proposed"],
])("a proposal is refused for %s", async (_, tasks, why) => {
  await using house = await storyHouse({
    items: [...items, anItem("C", { after: ["B"] })],
    reviewer: null,
    planner: async ({ task }) => proposes(task.id === "A" ? [piece("A-1")] : tasks),
  });
  const [a, b] = await proposed(house, ["A", "B"]);
  expect(a?.tasks).toHaveLength(1);
  expect(b?.tasks).toEqual([]);
  expect(b?.refused.join()).toContain(why);
});

it("a planner that fails says why; a cap on money stops it before it starts", async () => {
  await using house = await storyHouse({
    items: [anItem("A")],
    reviewer: null,
    planner: async () => ({ end: { kind: "exit_code", exitCode: 3 } }),
    wrapPorts: (ports) => ({ ...ports, budget: { ...ports.budget, perTask: 1, agents: { planner: RESERVED } } }),
  });
  const reason = "exit_code: the planner did not finish: the agent exited with 3";
  expect(await proposed(house)).toMatchObject([{ tasks: [], refused: [], reason, costUsd: null }]);
  expect(await proposed(house)).toMatchObject([
    { tasks: [], reason: expect.stringMatching(/^budget: planner was not/) as string },
  ]);
});
const RESERVED = { daily: null, monthly: null, reserveUsd: 2, maxStarts: null };

it("nobody splits what has sub-tasks, what nobody knows, or without a planner", async () => {
  const split = anItem("A", { children: [anItem("A-1")] });
  await using house = await storyHouse({ items: [split, anItem("B")], reviewer: null });
  await expect(proposed(house, ["A"])).rejects.toMatchObject({
    code: "not_split",
    hint: "dispatch plan --propose A-1",
  });
  await expect(proposed(house, ["Z"])).rejects.toMatchObject({ code: "unknown_task" });
  await expect(proposed(house, ["B"])).rejects.toMatchObject({ code: "planner_missing", exit: 2 });
});
