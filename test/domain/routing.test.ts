import { describe, expect, it } from "vitest";
import { chooseAgent } from "../../src/domain/routing.ts";

const agents = [
  { name: "any", role: "coder", skills: [] },
  { name: "ts", role: "coder", skills: ["TypeScript"] },
  { name: "both", role: "coder", skills: ["typescript", "security"] },
  { name: "also", role: "coder", skills: ["typescript", "security", "sql"] },
  { name: "critic", role: "reviewer", skills: ["security"] },
] as const;

describe("routing", () => {
  it.each([
    [[], "any"],
    [["typescript"], "ts"],
    [["Security", "typescript"], "both"],
    [["sql"], "also"],
    [["cobol"], "any"],
  ])("gives work that wants %j to %s", (skills, name) => {
    expect(chooseAgent(agents, "coder", skills)).toBe(name);
  });

  it("looks at the role before the skills", () => {
    expect(chooseAgent(agents, "reviewer", ["typescript"])).toBe("critic");
  });

  it("finds nobody for a role without an agent", () => {
    expect(chooseAgent(agents, "tester", [])).toBeNull();
  });
});
