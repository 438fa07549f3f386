import { describe, expect, it } from "vitest";
import { type BacklogFormat, formatOf, parseBacklog } from "../../../src/adapters/backlog/parse-backlog.ts";

const problems = (text: string, format: BacklogFormat): readonly string[] =>
  parseBacklog(text, format).problems.map(({ line, message }) => `${line ?? "-"}: ${message}`);

const FULL = {
  id: "X",
  title: "A",
  body: "Text.\n\nMore.",
  done: false,
  after: ["A", "B"],
  est: "5m",
  files: ["a.ts", "src/b/**"],
  kind: "fix",
  skills: ["typescript", "security"],
  value: 2.5,
  priority: 1,
  children: [{ title: "B", done: true }],
};
const READ = {
  id: "X",
  title: "A",
  body: "Text.\n\nMore.",
  done: false,
  after: ["A", "B"],
  estimateSeconds: 300,
  files: ["a.ts", "src/b/**"],
  kind: "fix",
  skills: ["typescript", "security"],
  value: 2.5,
  priority: 1,
};

describe("JSON, JSONL and YAML", () => {
  it.each([
    ["json", JSON.stringify([FULL])],
    ["json", JSON.stringify({ tasks: [FULL] }, null, "\t")],
    ["jsonl", `\n${JSON.stringify(FULL)}\r\n\n`],
    ["yaml", JSON.stringify([FULL], null, 2)],
    [
      "yaml",
      `# plans
tasks:
  - id: X
    title: A
    body: |
      Text.

      More.
    after: A, B
    est: 5m
    files: a.ts,src/b/**
    kind: fix
    skills: [typescript, security]
    value: "2.50"
    priority: 1
    tasks:
      - { title: B, done: true }
`,
    ],
  ] as const)("carry the same fields under the same names (%s %#)", (format, text) => {
    const { items, problems } = parseBacklog(text, format);
    expect(problems).toEqual([]);
    expect(items).toMatchObject([{ ...READ, children: [{ title: "B", done: true, id: null }] }]);
  });

  it("take numbers of YAML for ids and seconds, and null for nothing", () => {
    const text = "- { id: 7, title: a, after: [6, 5], est: 90, kind: null, body: }\n";
    expect(parseBacklog(text, "yaml").items).toMatchObject([
      { id: "7", after: ["6", "5"], estimateSeconds: 90, kind: null, body: "" },
    ]);
  });

  it("know the line of each item, sub-tasks too", () => {
    const yaml = "tasks:\n  - title: a\n    children:\n      - title: b\n\n  - title: c\n";
    const [a, c] = parseBacklog(yaml, "yaml").items;
    expect([a?.line, a?.children[0]?.line, c?.line]).toEqual([2, 4, 6]);
    const json = JSON.stringify([{ title: "a" }, { title: "b" }], null, 2);
    expect(parseBacklog(json, "json").items.map(({ line }) => line)).toEqual([2, 5]);
    expect(parseBacklog('{"title":"a"}\n\n{"title":"b"}', "jsonl").items.map(({ line }) => line)).toEqual([1, 3]);
  });

  it.each([
    ["json", ""],
    ["json", "[]"],
    ["json", '{"tasks":[]}'],
    ["jsonl", "\n\n"],
    ["yaml", ""],
    ["yaml", "# nothing yet\n"],
  ] as const)("may be empty (%s %j)", (format, text) => {
    expect(parseBacklog(text, format)).toEqual({ items: [], problems: [] });
  });

  it.each([
    ["json", '[\n  {"title": "a"},\n]', /^3: not JSON: /],
    ["json", "[\n  {title: 1}]", /^2: not JSON: /],
    ["json", '[{"title": "a"}', /^1: not JSON: /],
    ["json", "[{'title': 'a'}]", /^1: not JSON: /],
    ["json", '[\n{"title":\n"a", "done": maybe}]', /^3: not JSON: /],
    ["json", "tasks:\n- title: a", /^1: not JSON: /],
    ["json", '[{"title": "a",\n"title": "b"}]', /^2: .*unique/],
    ["json", '{"items": []}', /unknown key "items": use tasks/],
    ["json", '"a"', /the backlog must be a list of items/],
    ["json", '["a"]', /is not an item: write at least a "title"/],
    ["jsonl", '{"title":"a"}\n{"title":\n', /^2: not JSON: /],
    ["jsonl", '{"title":"a"}\n[]\n', /^2: is not an item/],
    ["jsonl", '{"title":"a"}\n{"body":"b"}', /^2: title: is missing/],
    ["yaml", "- title: a\n  title: b\n", /^2: .*unique/],
    ["yaml", "- title: [a\n", /^\d: /],
    ["yaml", "- title: a\n---\n- title: b\n", /^2: .*documents/],
    ["yaml", "\t- title: a", /^1: Tabs are not allowed/],
    ["yaml", "- title: !!js/function x", /^1: Unresolved tag/],
    ["yaml", "- title: a\n- body: b\n", /^2: title: is missing/],
    ["yaml", "- title: ' '\n", /^1: title: is empty/],
    ["yaml", "- title: 5\n", /^1: title: 5 is not a text/],
    ["yaml", "- title: a\n  done: yes\n", /^2: done: must be true or false/],
    ["yaml", "- title: a\n  prio: 1\n", /^2: unknown key "prio": did you mean "priority"\?/],
    ["yaml", "- title: a\n  subtasks: []\n", /^2: unknown key "subtasks": use .*children, tasks$/],
    ["yaml", "- title: a\n  __proto__: {x: 1}\n", /unknown key "__proto__"/],
    ["yaml", "- title: a\n  id: ../x\n", /^2: id: "\.\.\/x" cannot name a task/],
    ["yaml", "- title: a\n  id: 1.10\n", /^2: id: 1.1 is not a word: put it in quotes/],
    ["yaml", "- title: a\n  after:\n    - b\n    - c d\n", /^4: after: "c d" cannot name a task/],
    ["yaml", "- title: a\n  after: { b: c }\n", /^2: after: must be a list of words/],
    ["yaml", "- title: a\n  est: soon\n", /^2: est: "soon" is no duration/],
    ["yaml", "- title: a\n  est: -5\n", /^2: est: -5 is no duration/],
    ["yaml", "- title: a\n  value: .inf\n", /^2: value: .* is not a number/],
    ["yaml", "- title: a\n  priority: 1.5\n", /^2: priority: 1.5 is not a whole number/],
    ["yaml", "- title: a\n  files: [/etc/passwd]\n", /^2: files: "\/etc\/passwd" is not a path/],
    ["yaml", "- title: a\n  children:\n    - title: b\n      est: x\n", /^4: est: /],
    ["yaml", "- title: a\n  children: b\n", /^2: children: must be a list of items/],
  ] as const)("are refused with line and mend (%s %j)", (format, text, message) => {
    expect(problems(text, format).join("\n")).toMatch(message);
  });

  it("say every problem at once", () => {
    expect(problems("- est: x\n- title: b\n  prio: 1\n- title: c\n  id: '-'\n", "yaml")).toHaveLength(4);
    expect(problems('{"title":1}\n{"x":1}\n{', "jsonl")).toHaveLength(4);
  });

  it("with aliases that explode are refused", () => {
    const bomb = [
      "a: &a [x, x, x]",
      ..."bcdefghij".split("").map((name, n) => {
        const before = `*${String.fromCharCode(97 + n)}`;
        return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(", ")}]`;
      }),
    ];
    expect(problems(bomb.join("\n"), "yaml").join()).toContain("too many aliases");
  });

  it.each([
    ["json", "[".repeat(200_000)],
    ["yaml", "[".repeat(20_000)],
    ["json", `${'[{"title":"a","tasks":'.repeat(20_000)}[]${"}]".repeat(20_000)}`],
    ["markdown", `${"- ".repeat(1_000)}[ ] a`],
  ] as const)("that nest without end are refused or read, and never throw (%s %#)", (format, text) => {
    expect(parseBacklog(text, format)).toHaveProperty("problems");
  });

  it.each([
    ["a.md", "markdown"],
    ["A.MD", "markdown"],
    ["a.markdown", "markdown"],
    ["x/y.json", "json"],
    ["a.jsonl", "jsonl"],
    ["a.ndjson", "jsonl"],
    ["a.yaml", "yaml"],
    ["a.yml", "yaml"],
    ["a.txt", null],
    ["json", null],
  ])("are told by the name: %s", (name, format) => {
    expect(formatOf(name)).toBe(format);
  });
});
