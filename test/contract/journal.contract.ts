import { describe, expect, test } from "vitest";
import type { Fact } from "../../src/domain/fact.ts";
import type { AuditMark, Journal } from "../../src/ports/journal.ts";

/** A fact that nothing else needs; `key` is what makes it one of a kind. */
export function fact(key: string, more: Partial<Pick<Fact, "at" | "run" | "task" | "episode">> = {}): Fact {
  const data = { by: "somebody" };
  return {
    name: "task.cancelled",
    data,
    key,
    at: "2026-01-02T03:04:05.678Z",
    run: "r1",
    task: "A",
    episode: 1,
    ...more,
  };
}

/** The promises of `ports/journal.ts`. `open` gives the journal of a repository that is empty at first. */
export function journalContract(kind: string, open: (repo: string) => Journal): void {
  describe(`the ${kind} journal`, () => {
    test("gives back what was appended, in the order of the appends", async () => {
      const journal = open("order");
      const facts = [fact("c"), fact("a"), fact("b", { task: null, episode: 0 })];
      for (const one of facts) expect(await journal.append(one)).toEqual(one);
      expect(await journal.read()).toEqual(facts);
    });

    test("keeps the first fact of a key and gives it to whoever appends another one", async () => {
      const journal = open("first wins");
      const first = fact("k");
      await journal.append(first);
      expect(await journal.append(fact("k", { at: "2030-01-01T00:00:00Z", run: "r2" }))).toEqual(first);
      expect(await journal.read()).toEqual([first]);
    });

    test("keeps one of many appends of one key at the same time, and all see that one", async () => {
      const journal = open("race");
      const told = await Promise.all(Array.from({ length: 20 }, (_, i) => journal.append(fact("k", { run: `r${i}` }))));
      const stored = await journal.read();
      expect(stored).toHaveLength(1);
      for (const one of told) expect(one).toEqual(stored[0]);
    });

    test("reads by task, run, key and names, which must all hold", async () => {
      const journal = open("filter");
      const queued: Fact = {
        ...fact("q"),
        name: "task.queued",
        data: { title: "T", branch: "dispatch/a--t", textHash: "h", kind: null },
      };
      const facts = [
        fact("a1"),
        fact("b1", { task: "B" }),
        fact("a2", { run: "r2" }),
        fact("r", { task: null }),
        queued,
      ];
      for (const one of facts) await journal.append(one);
      const keys = async (filter: Parameters<Journal["read"]>[0]) => (await journal.read(filter)).map(({ key }) => key);
      expect(await keys({ task: "A" })).toEqual(["a1", "a2", "q"]);
      expect(await keys({ run: "r1" })).toEqual(["a1", "b1", "r", "q"]);
      expect(await keys({ task: "A", run: "r2" })).toEqual(["a2"]);
      expect(await keys({ key: "b1" })).toEqual(["b1"]);
      expect(await keys({ names: ["task.queued"] })).toEqual(["q"]);
      expect(await keys({ names: ["task.queued", "task.cancelled"], task: "B" })).toEqual(["b1"]);
      expect(await keys({ names: [] })).toEqual([]);
      expect(await keys({ task: "C" })).toEqual([]);
    });

    test("shows one repository nothing of another, also with equal keys", async () => {
      const [one, other] = [open("one"), open("other")];
      await one.append(fact("k", { run: "one" }));
      await other.append(fact("k", { run: "other" }));
      expect((await one.read()).map(({ run }) => run)).toEqual(["one"]);
      expect((await other.read()).map(({ run }) => run)).toEqual(["other"]);
    });

    test("keeps every character that an agent may print", async () => {
      const journal = open("characters");
      const data = { by: "zero \u0000, half a pair \ud800, quote ' \" \\, emoji 🦊, line\r\nend" };
      const odd: Fact = { ...fact("k"), name: "task.cancelled", data };
      expect(await journal.append(odd)).toEqual(odd);
      expect(await journal.read()).toEqual([odd]);
    });

    test("is not changed by what a reader does to a fact", async () => {
      const journal = open("copies");
      await journal.append(fact("k"));
      const [read] = await journal.read();
      Object.assign(read!.data, { by: "the reader" });
      expect((await journal.read())[0]).toEqual(fact("k"));
    });

    test("links every fact to the one before, however many are appended at once", async () => {
      const journal = open("chain");
      expect([await journal.mark(), await journal.audit()]).toEqual([null, { mark: null, broken: null }]);
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => journal.append(fact(`k${i}`, { task: i % 2 ? "é\n" : null }))),
      );
      await journal.append(fact("k3"));
      const marks: AuditMark[] = [];
      expect(await journal.audit((mark) => void marks.push(mark))).toEqual({ mark: marks[19], broken: null });
      expect(await journal.mark()).toEqual(marks[19]);
      expect(marks.map(({ facts }) => facts)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(new Set(marks.map(({ hash }) => hash)).size).toBe(20);
    });
  });
}
