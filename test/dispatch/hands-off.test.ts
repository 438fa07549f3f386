import { describe, expect, it } from "vitest";
import { reject, retry } from "../../src/dispatch/gate.ts";
import { anItem } from "../support/domain-data.ts";
import { storyHouse, type StoryHouse } from "../support/story.ts";

const human = { by: "a human", run: "r" };

const coderStarts = async ({ facts }: StoryHouse): Promise<number> =>
  (await facts()).filter(({ name, data }) => name === "assignment.started" && "role" in data && data.role === "coder")
    .length;

/** Commits to the task branch in the user's own repository. */
async function commitHere({ repo }: StoryHouse, branch: string): Promise<string> {
  await repo.git("switch", "-q", branch);
  await repo.commit("by a human", { "src/theirs.txt": "theirs\n" });
  await repo.git("switch", "-q", "main");
  return (await repo.git("rev-parse", branch)).trim();
}

describe("a task branch with a commit of a human", () => {
  it.each(["here", "on origin"])("(%s) gets no agent on top of it unasked, and keeps that commit", async (where) => {
    await using house = await storyHouse({ items: [anItem("A")] });
    const branch = (await house.run())[0]?.branch ?? "";
    const theirs =
      where === "here"
        ? await commitHere(house, branch)
        : await house.repo.commitOnOrigin({ "src/theirs.txt": "theirs\n" }, { branch });
    await reject(house.ports, human, "A", "once more", 5);
    const [task] = await house.run();
    expect(task?.state).toBe("needs-human");
    expect(task?.reason).toMatch(/^conflict: somebody (committed|pushed) \w{7} .*dispatch retry A goes on from there/);
    expect(await coderStarts(house)).toBe(1);
    const heads = where === "here" ? await house.repo.refs() : await house.repo.refs(house.repo.origin ?? "");
    expect(heads[`refs/heads/${branch}`]).toBe(theirs);

    // Asked, agents build on it, under the same pull request.
    await retry(house.ports, human, "A", "code");
    const [again] = await house.run();
    expect(again).toMatchObject({ state: "ready-for-human", pr: 1, branch });
    const tip = (await house.repo.refs(house.repo.origin ?? ""))[`refs/heads/${branch}`] ?? "";
    expect(await house.repo.gitIn(house.repo.origin ?? "", "merge-base", "--is-ancestor", theirs, tip)).toBe("");
  });

  it("is given up by nobody where what stands here and what somebody pushed came apart", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    const branch = (await house.run())[0]?.branch ?? "";
    const there = await house.repo.commitOnOrigin({ "src/there.txt": "there\n" }, { branch });
    const here = await commitHere(house, branch);
    await reject(house.ports, human, "A", "once more", 5);
    await house.run();
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]?.reason).toMatch(/^conflict: somebody pushed .* neither is given up/);
    expect((await house.repo.refs())[`refs/heads/${branch}`]).toBe(here);
    expect((await house.repo.refs(house.repo.origin ?? ""))[`refs/heads/${branch}`]).toBe(there);
  });
});
