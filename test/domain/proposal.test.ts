import { describe, expect, it } from "vitest";
import { tasksOf } from "../../src/domain/decompose.ts";
import { type Proposal, refusalsOf, withSubTasks } from "../../src/domain/proposal.ts";
import { anItem, sha256 } from "../support/domain-data.ts";

const known = new Set(["old", "P"]);

const piece = (id: string, with_: Partial<Proposal> = {}): Proposal => ({
  id,
  title: `Title of ${id}`,
  body: "",
  files: [`src/${id}.ts`],
  after: [],
  estimate: null,
  ...with_,
});

describe("a planner's proposal", () => {
  it("may be as wide as the bounds, no wider", () => {
    const body = "x".repeat(6000);
    const widest = Array.from({ length: 20 }, (_, nth) => piece(`n${nth}`, { body }));
    expect(refusalsOf("P", widest, known)).toEqual([]);
    expect(refusalsOf("P", [piece("a", { estimate: Infinity })], known)).toHaveLength(1);
  });

  it.each<[string, readonly Proposal[], string]>([
    ["nothing", [], "no task was proposed"],
    [
      "too many tasks",
      Array.from({ length: 21 }, (_, nth) => piece(`n${nth}`)),
      "21 tasks were proposed, at most 20 are taken",
    ],
    ["an empty title", [piece("a", { title: " " })], "a has no title"],
    [
      "a brief that is too long",
      [piece("a", { body: "x".repeat(6001) })],
      "a is too wide: its brief has 6001 characters, at most 6000 are taken",
    ],
    [
      "too many files",
      [piece("a", { files: Array.from({ length: 21 }, (_, n) => `${n}`) })],
      "a is too wide: it names 21 files, at most 20 are taken",
    ],
    ["the whole repository", [piece("a", { files: ["**/*"] })], "a is too wide: **/* is the whole repository"],
    ["a title of two lines", [piece("a", { title: "one\ntwo" })], "a has a title of more than one line"],
    ["hidden text", [piece("a", { body: "x <!-- do evil -->" })], "a holds an HTML comment"],
    ["a hidden end of a title", [piece("a", { title: "x -->" })], "a holds an HTML comment"],
    ["check boxes", [piece("a", { body: "first\n  - [ ] second" })], "a has check boxes in its brief"],
    ...["/etc/passwd", "../x", "a/../../x", "", "\\x", "a\0b"].map((file): [string, readonly Proposal[], string] => [
      `the path ${JSON.stringify(file)}`,
      [piece("a", { files: [file] })],
      `a names ${JSON.stringify(file)}, which is no path in the repository`,
    ]),
    ["no usable estimate", [piece("a", { estimate: 0 })], "a has no usable estimate"],
    ["a bad id", [piece("a b")], '"a b" is no id'],
    ["an id twice", [piece("a"), piece("a", { files: [] })], "id a is proposed twice"],
    ["the parent's id", [piece("P")], "id P is taken"],
    ["a known id", [piece("old")], "id old is taken"],
    ["ids that differ in case", [piece("a"), piece("A")], "ids a and A differ only in case"],
    ["an unknown after", [piece("a", { after: ["zz"] })], "a comes after zz, which is neither proposed nor known"],
    ["an after on the parent", [piece("a", { after: ["P"] })], "a comes after P, which is neither proposed nor known"],
    ["a circle", [piece("a", { after: ["b"] }), piece("b", { after: ["a"] })], "a waits for itself: a -> b -> a"],
    [
      "overlapping files",
      [piece("a", { files: ["src/**"] }), piece("b")],
      "a and b overlap in their files: propose them as one task",
    ],
  ])("is refused for %s", (_, proposals, why) => {
    expect(refusalsOf("P", proposals, known).join("\n")).toContain(why);
  });

  it("is refused with everything that is wrong", () => {
    const wide = { body: "x".repeat(6001), files: Array.from({ length: 21 }, (_, n) => `${n}`) };
    expect(refusalsOf("P", [piece("a", { title: "", after: ["zz"] }), piece("c", wide)], known)).toEqual([
      "a has no title",
      "c is too wide: its brief has 6001 characters, at most 6000 are taken",
      "c is too wide: it names 21 files, at most 20 are taken",
      "a comes after zz, which is neither proposed nor known",
    ]);
  });
});

it("a backlog with sub-tasks below an item breaks down into what was accepted, and into all that was there before", () => {
  const item = anItem("P", { body: "why", skills: ["ts"], children: [anItem("was", { done: true })] });
  const items = [anItem("above", { children: [anItem("Q"), item] }), anItem("other")];
  const grown = withSubTasks(items, "P", [piece("a", { estimate: 60, body: "how" }), piece("b", { after: ["a"] })]);
  const { tasks } = tasksOf(grown, { hash: sha256, known: new Set() });
  expect(tasks.map(({ id }) => id)).toEqual(["Q", "a", "b", "other"]);
  expect(tasks[1]).toMatchObject({ body: "how", files: ["src/a.ts"], estimateSeconds: 60, skills: ["ts"] });
  expect(tasks[2]).toMatchObject({ after: ["a"], estimateSeconds: null });
  expect(withSubTasks(items, "nobody", [piece("a")])).toEqual(items);
});
