import { expect, it } from "vitest";
import { mayEdit, ROLES } from "../../src/domain/assignment.ts";

it("a coder may edit, and a tester that may add tests; nobody else", () => {
  expect(ROLES.filter((role) => mayEdit({ role }))).toEqual(["coder"]);
  expect(mayEdit({ role: "tester", testPaths: ["test/**"] })).toBe(true);
});
