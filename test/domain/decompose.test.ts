import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BacklogItem } from "../../src/domain/backlog-item.ts";
import { derivedId, tasksOf } from "../../src/domain/decompose.ts";
import { DispatchError } from "../../src/domain/errors.ts";
import { isTaskId } from "../../src/domain/ids.ts";
import { anItem, sha256 } from "../support/domain-data.ts";

const broken = (items: readonly BacklogItem[], known: readonly string[] = []) =>
  tasksOf(items, { hash: sha256, known: new Set(known) });

const refusal = (items: readonly BacklogItem[], known: readonly string[] = []): DispatchError => {
  try {
    broken(items, known);
  } catch (error) {
    if (error instanceof DispatchError) return error;
    throw error;
  }
  throw new Error("the backlog was taken");
};

const line = (number: number) => ({ at: { file: "BACKLOG.md", line: number } });

describe("a backlog", () => {
  it("becomes one task per open leaf, in the order in which it was written", () => {
    const { tasks, done } = broken([
      anItem("A", { children: [anItem("A1"), anItem("A2", { done: true })] }),
      anItem("B", { done: true }),
      anItem("C"),
    ]);
    expect(tasks.map(({ id }) => id)).toEqual(["A1", "C"]);
    expect([...done]).toEqual(["A2", "B"]);
  });

  it("carries the item's own fields over", () => {
    const own = { body: "b", estimateSeconds: 9, files: ["x"], kind: "fix", skills: ["s"], value: 2, priority: 1 };
    const [task] = broken([anItem("A", own)]).tasks;
    expect(task).toMatchObject({ ...own, title: "Title of A", context: [], after: [] });
  });

  it("gives each sub-task the items above it as context, outermost first", () => {
    const deep = anItem("A", { body: "why", children: [anItem("B", { title: "b", children: [anItem("C")] })] });
    expect(broken([deep]).tasks[0]?.context).toEqual(["Title of A\n\nwhy", "b"]);
  });

  it("takes an open item whose sub-tasks are all done as a task of its own", () => {
    const { tasks } = broken([
      anItem("A", { children: [anItem("A1", { done: true })] }),
      anItem("B", { after: ["A"] }),
    ]);
    expect(tasks.map(({ id, after }) => [id, after])).toEqual([
      ["A", []],
      ["B", ["A"]],
    ]);
  });

  it("still finds open sub-tasks below an item that was ticked off", () => {
    const { tasks } = broken([anItem("A", { done: true, children: [anItem("A1")] }), anItem("B", { after: ["A"] })]);
    expect(tasks.map(({ id, after }) => [id, after])).toEqual([
      ["A1", []],
      ["B", ["A1"]],
    ]);
  });

  it("hands kind, skills and priority down to sub-tasks without their own, but never files", () => {
    const child = anItem("A1", { priority: 1, skills: ["sql"] });
    const above = { kind: "fix", skills: ["ts"], priority: 5, files: ["x"] };
    const { tasks } = broken([anItem("A", { ...above, children: [child, anItem("A2")] })]);
    expect(tasks[0]).toMatchObject({ kind: "fix", skills: ["sql"], priority: 1, files: [] });
    expect(tasks[1]).toMatchObject({ kind: "fix", skills: ["ts"], priority: 5, files: [] });
  });

  it("changes a task's text hash with its title or body, and with nothing else", () => {
    const hashOf = (with_: Partial<BacklogItem>) => broken([anItem("A", with_)]).tasks[0]?.textHash;
    expect(hashOf({ estimateSeconds: 5, files: ["x"], priority: 2 })).toBe(hashOf({}));
    expect(hashOf({ body: "more" })).not.toBe(hashOf({}));
    expect(hashOf({ title: "other" })).not.toBe(hashOf({}));
  });
});

describe("after", () => {
  it("leaves siblings independent unless it says otherwise", () => {
    const group = anItem("A", { children: [anItem("A1"), anItem("A2"), anItem("A3", { after: ["A1"] })] });
    expect(broken([group]).tasks.map(({ after }) => after)).toEqual([[], [], ["A1"]]);
  });

  it("means all open leaves of an item with sub-tasks", () => {
    const inner = anItem("A2", { children: [anItem("A2a"), anItem("A2b", { done: true })] });
    const { tasks } = broken([anItem("A", { children: [anItem("A1"), inner] }), anItem("B", { after: ["A"] })]);
    expect(tasks.at(-1)?.after).toEqual(["A1", "A2a"]);
  });

  it("is inherited by the leaves, each named once", () => {
    const group = anItem("A", { after: ["X"], children: [anItem("A1", { after: ["X", "Y"] }), anItem("A2")] });
    const { tasks } = broken([anItem("X"), anItem("Y"), group]);
    expect(tasks.slice(2).map(({ after }) => after)).toEqual([["X", "Y"], ["X"]]);
  });

  it("keeps the name of what is done, or known from elsewhere", () => {
    const items = [anItem("A", { done: true }), anItem("B", { after: ["A", "old"] })];
    expect(broken(items, ["old"]).tasks[0]?.after).toEqual(["A", "old"]);
  });

  it("of an item that is done binds nobody", () => {
    const items = [anItem("A", { done: true, after: ["gone", "B"] }), anItem("B", { after: ["A"] })];
    expect(broken(items).tasks.map(({ id }) => id)).toEqual(["B"]);
  });

  it("may name a done sub-task of a group that waits for the one who names it", () => {
    const group = anItem("P", { after: ["Q"], children: [anItem("y", { done: true }), anItem("x")] });
    const { tasks } = broken([group, anItem("Q", { after: ["y"] })]);
    expect(tasks.map(({ id, after }) => [id, after])).toEqual([
      ["x", ["Q"]],
      ["Q", ["y"]],
    ]);
  });
});

describe("a backlog is refused with file, line and the mend", () => {
  it("for an id that is no id", () => {
    const error = refusal([anItem("a--b", line(3))]);
    expect(error).toMatchObject({ code: "backlog_invalid", exit: 2, facts: { file: "BACKLOG.md", line: 3 } });
    expect(error.message).toBe("BACKLOG.md:3: `a--b` is no id");
    expect(error.hint).toContain("1 to 64 letters");
  });

  it("for an id that stands twice", () => {
    const error = refusal([anItem("A", line(1)), anItem("B", { children: [anItem("A", line(7))] })]);
    expect(error.message).toBe('BACKLOG.md:7: id A is taken by "Title of A" (line 1)');
    expect(error.hint).toContain("<!-- id: A-b -->");
    expect(refusal([anItem("A"), anItem("A")]).message).toBe('backlog: id A is taken by "Title of A"');
  });

  it("for ids that differ only in case, here or against what the repository knows", () => {
    expect(refusal([anItem("login"), anItem("Login", line(2))]).message).toBe(
      "BACKLOG.md:2: ids login and Login differ only in case, and branch names know no case",
    );
    expect(refusal([anItem("Login", line(4))], ["x", "login"]).message).toContain("BACKLOG.md:4: ids login and Login");
    expect(broken([anItem("Login")], ["login", "Login"]).tasks).toHaveLength(1);
  });

  it("for an after that nobody knows, with what was probably meant", () => {
    const error = refusal([anItem("login"), anItem("B", { after: ["lgoin"], ...line(9) })]);
    expect(error.message).toBe("BACKLOG.md:9: B comes after lgoin, which nobody knows");
    expect(error.hint).toBe("Write after: login");
    expect(refusal([anItem("B", { after: ["elsewhere"] })]).hint).toContain("Remove elsewhere");
  });

  it("for an after that nobody knows, and never with the item itself as what was meant", () => {
    expect(refusal([anItem("login", { after: ["lgoin"] })]).hint).toContain("Remove lgoin");
  });

  it("for a task that waits for itself", () => {
    const error = refusal([anItem("A", { after: ["A"], ...line(2) })]);
    expect(error.message).toBe("BACKLOG.md:2: A waits for itself: A -> A");
    expect(error.hint).toContain("after:");
  });

  it("for a circle, named whole", () => {
    const items = [
      anItem("A", { after: ["C"] }),
      anItem("B", { after: ["A"] }),
      anItem("C", { after: ["B"] }),
      anItem("D"),
    ];
    expect(refusal(items).message).toBe("backlog: A waits for itself: A -> C -> B -> A");
  });

  it("for circles by way of groups", () => {
    const inside = anItem("P", { children: [anItem("c", { after: ["P"] })] });
    expect(refusal([inside]).message).toMatch(/P -> c -> P|c -> P -> c/);
    const above = anItem("P", { after: ["c"], children: [anItem("c")] });
    expect(refusal([above]).message).toMatch(/P -> c -> P|c -> P -> c/);
    const across = [
      anItem("P", { children: [anItem("x", { after: ["Q"] })] }),
      anItem("Q", { children: [anItem("y", { after: ["P"] })] }),
    ];
    expect(refusal(across).message).toContain("waits for itself");
  });
});

describe("any backlog", () => {
  const nested = (children: fc.Arbitrary<BacklogItem[]>): fc.Arbitrary<BacklogItem[]> =>
    fc.array(
      fc
        .tuple(fc.boolean(), fc.array(fc.nat(9).map(String), { maxLength: 2 }), children)
        .map(([done, after, below]) => anItem("?", { done, after, children: below })),
      { maxLength: 3 },
    );
  const trees = nested(nested(nested(fc.constant([]))));

  const numbered = (items: readonly BacklogItem[], next = { id: 0 }): readonly BacklogItem[] =>
    items.map((item) => {
      const id = String(next.id++);
      return { ...item, id, children: numbered(item.children, next) };
    });

  it("is either refused, or its tasks can all be worked off in some order", () => {
    fc.assert(
      fc.property(
        trees.map((items) => numbered(items)),
        (items) => {
          let result: ReturnType<typeof tasksOf>;
          try {
            result = tasksOf(items, { hash: sha256, known: new Set("0123456789") });
          } catch (error) {
            expect(error).toMatchObject({ code: "backlog_invalid", exit: 2 });
            return;
          }
          const open = new Map(result.tasks.map((task) => [task.id, task]));
          expect(open.size).toBe(result.tasks.length);
          for (let moved = true; moved;) {
            const free = [...open.values()].filter(({ after }) => after.every((id) => !open.has(id)));
            for (const { id } of free) open.delete(id);
            moved = free.length > 0;
          }
          expect([...open.keys()]).toEqual([]);
          for (const { id } of result.tasks) expect(result.done.has(id)).toBe(false);
        },
      ),
    );
  });

  it("of 5 000 items is broken down, however the groups wait for each other", () => {
    const group = (name: string, after: readonly string[]) =>
      anItem(name, { after, children: Array.from({ length: 2500 }, (_, nth) => anItem(`${name}${nth}`)) });
    const { tasks } = broken([group("a", []), group("b", ["a"])]);
    expect(tasks).toHaveLength(5000);
    expect(tasks.at(-1)?.after).toHaveLength(2500);
  });
});

describe("the id of an item without one", () => {
  it("is an id, and stays while the titles stay", () => {
    const id = derivedId(["Parent", "Fix  the\tthing "], sha256);
    expect(isTaskId(id)).toBe(true);
    expect(derivedId([" Parent", "Fix the thing"], sha256)).toBe(id);
  });

  it("differs under another parent, and where titles only join alike", () => {
    const ids = [["A", "B"], ["A B"], ["B"], ["C", "B"]].map((titles) => derivedId(titles, sha256));
    expect(new Set(ids).size).toBe(4);
  });
});
