import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sendBack } from "../../src/dispatch/asked.ts";
import { record, type Ports } from "../../src/dispatch/ports.ts";
import type { Remark, Suggestion } from "../../src/domain/suggestion.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import { foldTask } from "../../src/domain/task-view.ts";
import { anItem, aPolicy } from "../support/domain-data.ts";
import { put, storyHouse, type Play, type StoryHouse, type StoryOptions } from "../support/story.ts";

const BOB = "bob <7+bob@users.noreply.github.com>";
const CY = "cy <8+cy@users.noreply.github.com>";

interface House extends StoryHouse {
  readonly branch: string;
  readonly head: string;
  /** What each start of the coder was told. */
  readonly briefs: readonly AgentInput[];
  /** A review that asks for changes, on the head as it was after the first run. */
  ask(...remarks: readonly Remark[]): Promise<void>;
  at(path: string, start: number, end: number, text: readonly string[], more?: Partial<Suggestion>): Suggestion;
}

/** After its first run: one task, ready for a human, its coder idle from then on. */
async function house(options: Partial<StoryOptions> = {}): Promise<House> {
  const briefs: AgentInput[] = [];
  const coder: Play = async (input, cwd) => {
    briefs.push(input);
    if (briefs.length > 1) return;
    await put(cwd, "src/a.txt", "one\ntwo\nthree\nfour\n");
    await put(cwd, "src/dos.txt", "one\r\ntwo\r\nlast");
    await writeFile(join(cwd, "src/latin.txt"), Buffer.from([0xe9, 0x0a]));
  };
  const made = await storyHouse({ items: [anItem("A")], coder, ...options });
  const branch = (await made.run())[0]?.branch ?? "";
  const head = (await made.repo.git("rev-parse", branch)).trim();
  let ids = 0;
  return Object.assign(made, {
    ...{ branch, head, briefs },
    ask: async (...remarks: readonly Remark[]) => {
      const why = remarks.map(({ text }) => text).join("\n\n");
      const say: Parameters<typeof sendBack>[0]["say"] = (key, body) =>
        record(made.ports, { run: "r", task: "A", episode: 1 }, key, body);
      await sendBack({ ports: made.ports, say, humanRounds: null }, "A", `k${(ids += 1)}`, { by: "bob", why, remarks });
    },
    at: (path: string, start: number, end: number, text: readonly string[], more: Partial<Suggestion> = {}) => {
      return { id: `${(ids += 1)}/0/x`, author: BOB, path, commit: head, start, end, text, ...more };
    },
  });
}

const remark = (words: string, ...suggestions: readonly Suggestion[]): Remark => {
  const [first] = suggestions;
  const at = first === undefined ? null : `${first.path}:${first.end}`;
  return { at, text: `${words}${suggestions.map(({ text }) => `[${text.join("|")}]`).join("")}`, words, suggestions };
};

const tipOf = async ({ repo, branch }: House): Promise<string> => (await repo.git("rev-parse", branch)).trim();

const show = async (it_: House, path: string): Promise<string | undefined> =>
  (await it_.repository.readFiles(await tipOf(it_), [path])).get(path);

const factsOf = async ({ facts }: StoryHouse, name: string): Promise<number> =>
  (await facts()).filter((fact) => fact.name === name).length;

describe("what a person suggests at lines", () => {
  it("becomes one commit with their name, judged as any other, and no coder is started", async () => {
    const reviews: string[] = [];
    const reviewer: Play = async ({ head }) => {
      reviews.push(head ?? "");
      const verdict = { decision: "approve", findings: [], summary: "" } as const;
      return { result: { kind: "valid", summary: "", verdict, usage: null, costUsd: null } };
    };
    await using it_ = await house({ reviewer });
    const { at } = it_;
    await it_.ask(
      remark("", at("src/a.txt", 2, 3, ["2", "2½", "3"])),
      remark("", at("src/a.txt", 1, 1, [])),
      remark("", at("src/dos.txt", 2, 2, ["zwei", "drei"], { author: CY }), at("src/dos.txt", 3, 3, ["end"])),
    );
    const [task] = await it_.run();
    expect(task).toMatchObject({ state: "ready-for-human", pr: 1, attempts: 1 });
    expect(it_.briefs).toHaveLength(1);
    expect(await show(it_, "src/a.txt")).toBe("2\n2½\n3\nfour\n");
    expect(await show(it_, "src/dos.txt")).toBe("one\r\nzwei\r\ndrei\r\nend");
    const tip = await tipOf(it_);
    expect((await it_.repo.git("rev-parse", `${tip}^`)).trim()).toBe(it_.head);
    const message = await it_.repo.git("log", "-1", "--format=%an%n%B", tip);
    expect(message).toMatch(/^dispatch\nSuggestions: Title of A\n\nDispatch-Task: A\n/);
    expect(message).toContain(`Co-authored-by: ${BOB}\nCo-authored-by: ${CY}\n`);
    expect(reviews).toEqual([it_.head, tip]);
    expect((await it_.repo.refs(it_.repo.origin ?? ""))[`refs/heads/${it_.branch}`]).toBe(tip);
  });

  it("is applied, and the words beside it go to the coder, who may leave them", async () => {
    await using it_ = await house();
    const { at } = it_;
    await it_.ask(remark("Nearly."), remark("a digit", at("src/a.txt", 1, 1, ["1"])));
    expect((await it_.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(it_.briefs[1]?.findings.map(({ severity, message }) => [severity, message])).toEqual([
      ["note", "Nearly."],
      ["note", "src/a.txt:1: a digit\n\nWhat was suggested here is applied."],
    ]);
    expect(await show(it_, "src/a.txt")).toBe("1\ntwo\nthree\nfour\n");
  });

  it("goes with what has to be done: a coder who leaves that is stopped, as ever", async () => {
    await using it_ = await house();
    await it_.ask(remark("", it_.at("src/a.txt", 1, 1, ["1"])), { ...remark("and a test"), at: "src/a.txt:2" });
    const [task] = await it_.run();
    expect(task?.state).toBe("needs-human");
    expect(task?.reason).toMatch(/^no_progress/);
    expect(it_.briefs[1]?.findings.map(({ severity }) => severity)).toEqual(["note", "blocker"]);
    expect(await show(it_, "src/a.txt")).toBe("1\ntwo\nthree\nfour\n");
  });

  it.each<readonly [string, RegExp, (house: House) => Suggestion]>([
    ["a file that is not there", /not what they were/, ({ at }) => at("src/none.txt", 1, 1, ["x"])],
    ["a commit that is not there", /not what/, ({ at }) => at("src/a.txt", 1, 1, ["x"], { commit: "1".repeat(40) })],
    ["lines of another", /about the same lines/, ({ at }) => at("src/a.txt", 2, 4, ["x"])],
    ["lines that there are not", /not what they were/, ({ at }) => at("src/a.txt", 4, 9, ["x"])],
    ["a protected file", /\.github\/x\.yml/, ({ at, head }) => at(".github/x.yml", 1, 1, ["x"], { commit: head })],
    ["a secret", /\(.*\)/, ({ at }) => at("src/dos.txt", 1, 1, [`key = "ghp_${"a1B2".repeat(9)}"`])],
  ])("of %s is for the coder, with the reason, and the rest is applied", async (_, why, suggest) => {
    await using it_ = await house({ files: { "README.md": "# shop\n", ".github/x.yml": "on: push\n" } });
    const wanted = it_.at("src/a.txt", 2, 2, ["2"]);
    await it_.ask(remark("", wanted), remark("so", suggest(it_)));
    await it_.run();
    const last = it_.briefs[1]?.findings[1];
    expect(last?.severity).toBe("blocker");
    expect(last?.message).toMatch(/^\S+: so\[/);
    expect(last?.message).toMatch(why);
    expect(await show(it_, "src/a.txt")).toBe("one\n2\nthree\nfour\n");
    expect(await it_.repo.git("diff", "--name-only", it_.head, it_.branch)).toBe("src/a.txt");
  });

  it("of a file whose bytes are no text is for the coder", async () => {
    await using it_ = await house();
    await it_.ask(remark("", it_.at("src/latin.txt", 1, 1, ["e"])));
    await it_.run();
    expect(it_.briefs[1]?.findings[0]?.message).toContain("no UTF-8 text");
  });

  it("that is so already needs no commit", async () => {
    await using it_ = await house();
    await it_.ask(remark("", it_.at("src/a.txt", 1, 1, ["one"])));
    expect((await it_.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 1 });
    expect(await tipOf(it_)).toBe(it_.head);
  });

  it("that holds a value which is secret here is not told to the journal, nor taken with stars in it", async () => {
    await using it_ = await house({ env: { API_TOKEN: "quite-a-secret-value" } });
    await it_.ask(remark("", it_.at("src/a.txt", 1, 1, ["quite-a-secret-value"])));
    expect(foldTask(await it_.facts()).feedback[0]?.remarks?.[0]?.suggestions).toEqual([]);
    await it_.run();
    expect(it_.briefs).toHaveLength(2);
    expect(await show(it_, "src/a.txt")).toContain("one\n");
  });

  it("counts by itself, as a coder's fix does: what was pushed before was judged then", async () => {
    await using it_ = await house({ settings: { policy: aPolicy({ coder: { maxLines: 9 } }) } });
    await it_.ask(remark("", it_.at("src/a.txt", 1, 1, ["1", "1½"])));
    expect((await it_.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 1 });
  });

  // Where a process may die: before, and after its deed.
  const deaths = [
    ["before it was written down", "append", "before"],
    ["when it was written down", "append", "after"],
    ["when the branch had moved", "moveBranch", "after"],
    ["when that was written down, too", "taken", "after"],
    ["on another host", "elsewhere", "after"],
  ] as const;
  it.each(deaths)("is applied once, whoever died %s", async (_, deed, when) => {
    let isArmed = false;
    const dies = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const isHere = isArmed && name === (deed === "elsewhere" ? "taken" : deed);
      if (isHere) isArmed = false;
      if (isHere && when === "before") throw new Error("died");
      const done = await work();
      if (isHere) throw new Error("died");
      return done;
    };
    const wrapPorts = (ports: Ports): Ports => ({
      ...ports,
      repository: {
        ...ports.repository,
        moveBranch: (...args) => dies("moveBranch", () => ports.repository.moveBranch(...args)),
      },
      journal: {
        ...ports.journal,
        append: (fact) =>
          dies(fact.name === "suggestions.intended" ? "append" : fact.key.endsWith("/taken") ? "taken" : "", () =>
            ports.journal.append(fact),
          ),
      },
    });
    await using it_ = await house({ wrapPorts });
    const first = it_.at("src/a.txt", 1, 1, ["1"]);
    await it_.ask(remark("", first));
    isArmed = true;
    await it_.run().catch(() => undefined);
    expect(isArmed).toBe(false);
    // Which has its own clone.
    if (deed === "elsewhere") await it_.repo.git("update-ref", `refs/heads/${it_.branch}`, it_.head);
    // Meanwhile they said more.
    await it_.ask(remark("", first), remark("", it_.at("src/a.txt", 4, 4, ["4"])));
    const [task] = await it_.run();
    expect(task).toMatchObject({ state: "ready-for-human", attempts: 1 });
    expect(await show(it_, "src/a.txt")).toBe("1\ntwo\nthree\n4\n");
    const commits = Number(await it_.repo.git("rev-list", "--count", `${it_.head}..${it_.branch}`));
    expect(commits).toBe(deed === "append" && when === "before" ? 1 : 2);
    expect(await factsOf(it_, "suggestions.intended")).toBe(commits);
  });
});
