import { describe, expect, it } from "vitest";
import { parseMarkdown } from "../../../src/adapters/backlog/markdown.ts";
import type { ReadItem } from "../../../src/adapters/backlog/read-item.ts";

/** The items of a text that must be good. */
function items(text: string): readonly ReadItem[] {
  const { items, problems } = parseMarkdown(text);
  expect(problems).toEqual([]);
  return items;
}

function only(text: string): ReadItem {
  const all = items(text);
  expect(all).toHaveLength(1);
  return all[0]!;
}

const titles = (text: string): readonly string[] => items(text).map((item) => item.title);
const problems = (text: string): readonly string[] =>
  parseMarkdown(text).problems.map(({ line, message }) => `${line}: ${message}`);

describe("an item", () => {
  it("is a checklist line with its title, open or done, and the line where it stands", () => {
    const found = items("# Plans\n\nSome words.\n\n- [ ] First\n- [x] Second\n- [X] Third\n");
    expect(found.map(({ title, done, line }) => ({ title, done, line }))).toEqual([
      { title: "First", done: false, line: 5 },
      { title: "Second", done: true, line: 6 },
      { title: "Third", done: true, line: 7 },
    ]);
  });

  it("may have any list marker", () => {
    expect(titles("* [ ] star\n\n+ [ ] plus\n\n- [ ] minus\n\n1. [ ] one\n2. [ ] two\n\n7) [ ] seven\n")).toEqual([
      "star",
      "plus",
      "minus",
      "one",
      "two",
      "seven",
    ]);
  });

  it("stands below headings, which mean nothing", () => {
    expect(titles("## Now\n- [ ] a\n\n## Later\n\n- [ ] b\n")).toEqual(["a", "b"]);
  });

  it("is found below a plain bullet", () => {
    expect(titles("- Phase one\n  - [ ] a\n  - remark\n    - [ ] b\n- Phase two\n")).toEqual(["a", "b"]);
  });

  it("is not a plain bullet, a quote, code, or what is commented out", () => {
    const text = [
      "- plain",
      "",
      "> - [ ] quoted",
      "",
      "```md",
      "- [ ] fenced",
      "```",
      "",
      "    - [ ] indented code",
      "",
      "<!--",
      "- [ ] hidden",
      "-->",
      "",
      "`- [ ] inline`",
      "",
      "- [-] given up",
      "- [link](x)",
      "- [x](y)",
    ];
    expect(items(text.join("\n"))).toEqual([]);
  });

  it("has every field at rest when nothing is annotated", () => {
    expect(only("- [ ] a")).toEqual({
      id: null,
      title: "a",
      body: "",
      done: false,
      after: [],
      estimateSeconds: null,
      files: [],
      kind: null,
      skills: [],
      value: null,
      priority: null,
      line: 1,
      children: [],
    });
  });

  it("may be none at all", () => {
    expect(items("")).toEqual([]);
    expect(items("# Backlog\n\nNothing to do.\n")).toEqual([]);
  });
});

describe("a title", () => {
  it.each([
    ["- [ ] **Bold** and *soft* and `code` and ~~old~~", "Bold and soft and code and ~~old~~"],
    ["- [ ] [the link](https://example.invalid/1)", "the link"],
    ["- [ ] [](https://example.invalid/1)", "https://example.invalid/1"],
    ["- [ ] <https://example.invalid/1>", "https://example.invalid/1"],
    ["- [ ] https://example.invalid/1", "https://example.invalid/1"],
    ["- [ ] see [that][ref] one\n\n[ref]: https://example.invalid", "see that one"],
    ["- [ ] ![a picture](x.png)", "a picture"],
    ["- [ ] 🚀 ship 👩‍👩‍👧 it 日本語", "🚀 ship 👩‍👩‍👧 it 日本語"],
    ["- [ ]   wide \t  spaces  ", "wide spaces"],
    ["- [ ]\ttabbed", "tabbed"],
    ["- [ ] a &lt;b&gt; \\*c\\*", "a <b> *c*"],
    ["- [ ] a <b>b</b> <script>x</script>", "a b x"],
    ["- [ ] turned \u202Earound\u202C \u0007bell", "turned around bell"],
    ["- [ ] ends hard  \n  body", "ends hard"],
  ])("of %j is what a reader sees", (text, title) => {
    expect(only(text).title).toBe(title);
  });

  it("ends with its line, also inside bold or code", () => {
    expect(only("- [ ] one `co\n  de` two").title).toBe("one co");
    expect(only("- [ ] one **bo\n  ld** two").title).toBe("one bo");
  });

  it.each(["- [ ]", "- [ ] ", "- [ ] <!-- id: a -->", "- [ ]\n  below", "- [x]  ", "- [ ] \u202e"])(
    "must not be empty: %j",
    (text) => {
      expect(parseMarkdown(text).problems).toHaveLength(1);
      expect(problems(text)[0]).toMatch(/^1: .*write "- \[ \]/);
    },
  );

  it.each(["- [ ]a", "- [x]done", "- [] a", "* []", "- x\n  - [ ]b"])(
    "almost written is said, not passed over: %j",
    (text) => {
      expect(problems(text).join()).toMatch(/is almost an item: write/);
    },
  );
});

describe("a body", () => {
  it("is the indented text below the title, as it was written", () => {
    const text = [
      "- [ ] A",
      "  First *line*.",
      "",
      "  - point",
      "    - deeper",
      "",
      "  ```ts",
      "  if (a) {",
      "    b();",
      "  }",
      "  ```",
      "- [ ] B",
    ];
    expect(items(text.join("\n"))[0]?.body).toBe(
      "First *line*.\n\n- point\n  - deeper\n\n```ts\nif (a) {\n  b();\n}\n```",
    );
  });

  it("does not hold the sub-tasks, but what stands between them", () => {
    const [item] = items("- [ ] A\n  above\n  - [ ] B\n    of B\n  - note\n    - [ ] C\n\n  below\n");
    expect(item?.body).toBe("above\n- note\n\nbelow");
    expect(item?.children.map(({ title, body }) => ({ title, body }))).toEqual([
      { title: "B", body: "of B" },
      { title: "C", body: "" },
    ]);
  });

  it("may be indented with tabs, deeper than needed, or not at all", () => {
    expect(only("- [ ] A\n\tone\n\t\ttwo\n").body).toBe("one\n    two");
    expect(only("- [ ] A\n      one\n      two\n").body).toBe("one\ntwo");
    expect(only("- [ ] A\nlazy\n  held\n").body).toBe("lazy\nheld");
  });

  it("ends where Markdown ends the item", () => {
    expect(only("- [ ] A\n\n  in\n\nout\n").body).toBe("in");
  });
});

describe("nesting", () => {
  it("goes as deep as it is written", () => {
    const text = [0, 1, 2, 3, 4, 5].map((depth) => `${"  ".repeat(depth)}- [ ] level ${depth}`).join("\n");
    let level = items(text);
    for (let depth = 0; depth < 6; depth += 1) {
      expect(level.map(({ title, line }) => [title, line])).toEqual([[`level ${depth}`, depth + 1]]);
      level = level[0]!.children;
    }
    expect(level).toEqual([]);
  });

  it("works with tabs and ordered markers", () => {
    const [item] = items("1. [ ] A\n\t- [x] B\n\t\t* [ ] C\n");
    expect(item?.children[0]?.done).toBe(true);
    expect(item?.children[0]?.children[0]?.title).toBe("C");
  });
});

describe("the comment of a title line", () => {
  it("holds every key, in any order", () => {
    const item = only(
      "- [ ] A <!-- priority: 1 value: 2.50 skills: typescript,security kind: fix files: a.ts,src/b/** est: 5m after: A,B id: X -->",
    );
    expect(item).toMatchObject({
      id: "X",
      title: "A",
      after: ["A", "B"],
      estimateSeconds: 300,
      files: ["a.ts", "src/b/**"],
      kind: "fix",
      skills: ["typescript", "security"],
      value: 2.5,
      priority: 1,
    });
  });

  it.each([
    ["- [ ] A <!--id:x est:1.5h-->", { id: "x", estimateSeconds: 5400 }],
    ["- [ ] <!-- id: x --> A", { id: "x", title: "A" }],
    ["- [ ] **A <!-- id: x -->**", { id: "x", title: "A" }],
    ["- [ ] A <!-- id: x --> b <!-- est: 30s -->", { id: "x", title: "A b", estimateSeconds: 30 }],
    ["- [ ] A <!-- id: x\n  after: y\n  -->\n  body", { id: "x", after: ["y"], body: "body" }],
    ["- [ ] A <!-- id: x\n  after: y --> rest\n  body", { after: ["y"], body: "rest\nbody" }],
    ["- [ ] A <!-- files: src/{a,b}.ts, docs/my file.md -->", { files: ["src/{a,b}.ts", "docs/my file.md"] }],
    ["- [ ] A <!-- files: {a,{b,c}}/x, y -->", { files: ["{a,{b,c}}/x", "y"] }],
    ["- [ ] A <!-- priority: -3 value: 0 -->", { priority: -3, value: 0 }],
    ["- [ ] A <!-- -->", { id: null }],
    ["- [ ] A <!---->", { id: null }],
    ["- [ ] `<!-- id: x -->` is shown", { id: null, title: "<!-- id: x --> is shown" }],
    ["- [ ] \\<!-- is shown", { title: "<!-- is shown" }],
  ])("of %j is read", (text, expected) => {
    expect(only(text)).toMatchObject(expected);
  });

  it.each([
    ["<!-- prio: 1 -->", 'unknown key "prio": did you mean "priority"?'],
    ["<!-- estimate: 5m -->", 'did you mean "est"?'],
    ["<!-- afetr: a -->", 'did you mean "after"?'],
    ["<!-- ID: a -->", 'unknown key "ID": did you mean "id"?'],
    ["<!-- assignee: bob -->", 'unknown key "assignee": use id, after, est, files, kind, skills, value, priority'],
    ["<!-- __proto__: x -->", "belongs to no key"],
    ["<!-- constructor: x -->", 'unknown key "constructor"'],
    ["<!-- ask Bob -->", '"ask" in the comment belongs to no key'],
    ["<!-- id: a id: b -->", '"id" stands twice'],
    ["<!-- id: a --> <!-- id: b -->", '"id" stands twice'],
    ["<!-- id: -->", '"id" has no value'],
    ["<!-- id: a b -->", 'id: "a b" cannot name a task'],
    ["<!-- id: ../../etc/passwd -->", "cannot name a task"],
    ["<!-- id: a..b -->", "cannot name a task"],
    ["<!-- id: a--b -->", "cannot name a task"],
    ["<!-- id: -rf -->", "cannot name a task"],
    ["<!-- id: a.lock -->", "cannot name a task"],
    ["<!-- id: a after: b c -->", 'after: "b c" cannot name a task'],
    ["<!-- id: a --> --> <script> <!-- after: ; -->", 'after: ";" cannot name a task'],
    ["<!-- est: soon -->", 'est: "soon" is no duration: write 30s, 5m or 1.5h'],
    ["<!-- est: 5 -->", "is no duration"],
    ["<!-- est: 0m -->", "is no duration"],
    ["<!-- est: -5m -->", "is no duration"],
    ["<!-- files: /etc/passwd -->", "is not a path in the repository"],
    ["<!-- files: ../a -->", "is not a path in the repository"],
    ["<!-- kind: big fix -->", 'kind: "big fix" is not one word'],
    ["<!-- skills: a b -->", "is not one word"],
    ["<!-- value: much -->", 'value: "much" is not a number'],
    ["<!-- value: -1 -->", "is not a number"],
    ["<!-- priority: high -->", 'priority: "high" is not a whole number'],
    ["<!-- priority: 1.5 -->", "is not a whole number"],
    ["<!-- id: a", 'the comment is not closed: end it with "-->"'],
    ["**<!-- id: a**", "is not closed"],
  ])("is refused with its mend: %s", (comment, message) => {
    const found = problems(`# Head\n\n- [ ] A ${comment}\n`);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((one) => one.startsWith("3: "))).toBe(true);
    expect(found.join("\n")).toContain(message);
  });

  it("says all that is wrong in one item", () => {
    expect(problems("- [ ] A <!-- id: -a est: x prio: 2 -->")).toHaveLength(3);
  });

  it("is not looked for below the title line, and said to be in the wrong place", () => {
    expect(problems("- [ ] A\n  <!-- id: x -->\n")).toEqual([
      "2: the comment with the keys belongs on the title line: move it up",
    ]);
    expect(only("- [ ] A\n  <!-- a remark -->\n").body).toBe("<!-- a remark -->");
  });
});

describe("a comment that is never closed", () => {
  it("is said, since it hides everything below", () => {
    expect(problems("- [ ] A\n\n<!-- later\n- [ ] B\n")).toEqual([
      '3: the comment is not closed: end it with "-->"; everything below it is hidden',
    ]);
  });
});

describe("odd texts", () => {
  it("with CRLF or CR line ends read like any other", () => {
    const text = "- [ ] A <!-- id: a -->\n  one\n  two\n  - [ ] B\n";
    expect(items(text.replaceAll("\n", "\r\n"))).toEqual(items(text));
    expect(items(text.replaceAll("\n", "\r"))).toEqual(items(text));
  });

  it("with 5 000 items are read whole", () => {
    const text = Array.from(
      { length: 5000 },
      (_, n) => `- [ ] Item **${n}** <!-- id: t${n} est: 5m -->\n  Body ${n}.\n`,
    );
    const start = performance.now();
    const found = items(text.join(""));
    console.log(`5000 items: ${Math.round(performance.now() - start)} ms`);
    expect(found).toHaveLength(5000);
    expect(found[4999]).toMatchObject({ id: "t4999", title: "Item 4999", body: "Body 4999.", line: 9999 });
  });
});
