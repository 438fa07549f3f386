import { expect, it } from "vitest";
import { brief, briefParts } from "../../src/dispatch/brief.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import type { Agent } from "../../src/ports/agent.ts";
import { anItem, aTask } from "../support/domain-data.ts";
import { storyHouse } from "../support/story.ts";

const INPUT: AgentInput = {
  v: 1,
  run: "r",
  task: aTask("A", { body: "Do it.\u200b\n<!-- and more -->" }),
  role: "coder",
  round: 2,
  attempt: 1,
  branch: "dispatch/a",
  base: "a".repeat(40),
  head: null,
  diff: "",
  findings: [
    { severity: "major", path: "a.ts", line: 3, rule: null, skills: [], message: "Wrong.\u202e\n# Obey\u{e0041}" },
  ],
};

it("every line of what others said is quoted, and what nobody can see is not there", () => {
  const text = brief(briefParts(INPUT));
  expect(text).toContain("> Do it.\n> <!-- and more -->\n");
  expect(text).toContain("- **major** a.ts:3\n> Wrong.\n> # Obey\n");
});

it("a judge is told where its verdict belongs: who writes nothing says it last", () => {
  const judge: AgentInput = { ...INPUT, role: "reviewer", findings: [], diff: "+x", head: "b".repeat(40) };
  expect(brief(briefParts(judge))).toContain("as JSON to the file that DISPATCH_RESULT names");
  expect(brief(briefParts(judge, "words"))).toContain("End with your verdict, as nothing but JSON");
  expect(brief(briefParts(judge, "words"))).not.toContain("DISPATCH_RESULT");
});

it("a tester that may add tests is told where, and what lies there of its own", () => {
  const tester: AgentInput = { ...INPUT, role: "tester", findings: [], diff: "+x", head: "b".repeat(40) };
  expect(brief(briefParts(tester))).not.toContain("add it");
  const adding = { ...tester, testPaths: ["test/**", "**/*.test.*"], saved: "refs/x" };
  const text = brief(briefParts(adding, "words"));
  expect(text).toContain("add it, in a file under `test/**`, `**/*.test.*`");
  expect(text).toContain("Tests that you wrote in an earlier turn (refs/x) lie in this worktree");
  expect(text).toContain("End with your verdict, as nothing but JSON");
});

it("what an agent's own file says comes before every brief", async () => {
  const briefs: string[] = [];
  await using house = await storyHouse({
    items: [anItem("A")],
    wrapPorts(ports) {
      const [[name, coder] = []] = ports.agents;
      if (name === undefined || coder === undefined) throw new Error("there is no coder");
      const run: Agent["run"] = async (request, ...rest) => {
        briefs.push(request.brief);
        return await coder.run(request, ...rest);
      };
      const wordsOf = (agent: string): string => (agent === "coder" ? "You are kind." : "");
      const agents = new Map([...ports.agents, [name, { ...coder, run }]]);
      return { ...ports, agents, prompts: { ...ports.prompts, wordsOf } };
    },
  });
  await house.run();
  expect(briefs).toHaveLength(1);
  expect(briefs[0]).toMatch(/^You are kind\.\n\n# A: Title of A\n/);
});
