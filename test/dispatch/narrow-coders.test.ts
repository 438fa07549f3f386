import { expect, it } from "vitest";
import type { Ports } from "../../src/dispatch/ports.ts";
import type { Agent } from "../../src/ports/agent.ts";
import { aFinding, anItem } from "../support/domain-data.ts";
import { approve, put, says, storyHouse, type Play } from "../support/story.ts";

/** With two more coders: one that knows about security, and one that knows nothing in particular. */
function withMore(ports: Ports): Ports {
  const coder = ports.agents.get("coder") as Agent;
  const more = (name: string, skills: readonly string[]): readonly [string, Agent] => [
    name,
    { ...coder, name, skills, run: (...args) => coder.run(...args) },
  ];
  return { ...ports, agents: new Map([...ports.agents, more("guard", ["security"]), more("spare", [])]) };
}

it.each([
  ["needs a skill that another coder has", ["security"], "guard"],
  ["needs one that nobody has", ["sql"], "coder"],
  ["needs none", [], "coder"],
])("what was found that %s is mended by who can", async (_, skills, who) => {
  const reviewer: Play = async ({ round }) =>
    says(
      round === 1
        ? { decision: "request_changes", findings: [{ ...aFinding("mend it"), skills }], summary: "" }
        : approve,
    );
  const coder: Play = async ({ round }, cwd) => await put(cwd, "src/a.txt", `${round}\n`);
  await using house = await storyHouse({ items: [anItem("A")], coder, reviewer, wrapPorts: withMore });
  expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 2, rounds: 2 });
  const starts = (await house.facts()).flatMap((fact) =>
    fact.name === "assignment.started" && fact.data.role === "coder" ? [fact.data.agent] : [],
  );
  expect(starts).toEqual(["coder", who]);
});
