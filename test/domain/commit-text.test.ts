import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUTOSAVED, formatCommit, isWorkInProgress, UNFINISHED } from "../../src/domain/commit-text.ts";

const trailers = { task: "A1", run: "r7", agent: "coder", version: "1.0.0", round: 2 };

describe("a commit's text", () => {
  it("is title, the agent's words, trailers", () => {
    expect(formatCommit({ ...trailers, title: "Add login", body: "Did it.\n\nReally." })).toBe(
      "Add login\n\nDid it.\n\nReally.\n\nDispatch-Task: A1\nDispatch-Run: r7\nDispatch-Agent: coder/1.0.0\nDispatch-Round: 2\n",
    );
    expect(formatCommit({ ...trailers, title: "Add login" })).toMatch(/^Add login\n\nDispatch-Task: A1\n/);
  });

  it("names who wrote it with us", () => {
    const coAuthors = ["bob <7+bob@users.noreply.github.com>", "eve <8+eve@users.noreply.github.com>"];
    const text = formatCommit({ ...trailers, title: "Add", coAuthors });
    expect(text).toMatch(
      /\n\nDispatch-Task: A1\n.*\n.*\nDispatch-Round: 2\nCo-authored-by: bob <7\+bob@users.*>\nCo-authored-by: eve <.*>\n$/,
    );
  });

  it("has one line of at most 72 letters on top, the id where there is no title", () => {
    expect(formatCommit({ ...trailers, title: `a\n${"b".repeat(100)}` }).split("\n")[0]).toBe(`a ${"b".repeat(69)}…`);
    expect(formatCommit({ ...trailers, title: " \u200b" }).split("\n")[0]).toBe("A1");
  });

  it("tells unfinished work from a head that another took the place of", () => {
    expect([`${UNFINISHED}A1`, `${AUTOSAVED}A1`, "Add wip: or autosave: ", ""].map(isWorkInProgress)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("closes no issue and calls nobody", () => {
    const text = formatCommit({ ...trailers, title: "Fixes #1", body: "thanks @x" });
    expect(text).not.toMatch(/#1|@x/);
  });

  it("gives its trailers back, whatever the agent wrote", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
    const forged = fc.constantFrom(
      "Dispatch-Task: evil",
      "dispatch-round: 9",
      "x\n\nDispatch-Task: evil\nDispatch-Run: e\nDispatch-Agent: e/1\nDispatch-Round: 0",
      "",
    );
    fc.assert(
      fc.property(
        fc.record({
          task: word,
          run: word,
          agent: word,
          version: fc.oneof(word, fc.constant("1/2")),
          round: fc.nat(20),
        }),
        fc.oneof(fc.string({ unit: "binary" }), forged),
        fc.oneof(fc.string({ unit: "binary" }), forged),
        (own, title, body) => {
          const text = formatCommit({ ...own, title, body });
          const { task, run, agent, version, round } = own;
          const block = `Task: ${task}\nDispatch-Run: ${run}\nDispatch-Agent: ${agent}/${version}\nDispatch-Round: ${round}\n`;
          expect(text.endsWith(`\n\nDispatch-${block}`)).toBe(true);
          expect(text.match(/^Dispatch-Task: /gim)).toHaveLength(1 + Number(/^Dispatch-Task: /i.test(text)));
        },
      ),
    );
  });
});
