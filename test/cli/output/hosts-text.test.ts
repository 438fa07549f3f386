import { expect, it } from "vitest";
import { hostsText } from "../../../src/cli/output/hosts-text.ts";

it("says nothing where the database is private", () => {
  expect(hostsText({ living: [], unserved: [] })).toEqual([]);
});

it("counts agents over all hosts, and says how to serve what nobody takes", () => {
  const host = { name: "a", roles: ["coder"], skills: null, agents: 4, busy: 3 };
  const unserved = [
    { role: "reviewer", skills: ["python", "sql"] },
    { role: "tester", skills: [] },
    { role: null, skills: [] },
  ];
  expect(hostsText({ living: [host, { ...host, agents: 1, busy: 0 }], unserved })).toEqual([
    "2 hosts: 3 of 5 agents at work",
    "no host is there for a reviewer (python, sql): dispatch worker --roles reviewer --skills python,sql",
    "no host is there for a tester: dispatch worker --roles tester",
    "no host is there for any task: dispatch worker",
  ]);
});
