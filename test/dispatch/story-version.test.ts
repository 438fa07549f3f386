import { describe, expect, it } from "vitest";
import { STORY_VERSION } from "../../src/dispatch/episode.ts";
import type { Steps, Story } from "../../src/ports/steps.ts";
import { aFinding, anItem } from "../support/domain-data.ts";
import { approve, put, says, storyHouse, writing, type Play, type StoryOptions } from "../support/story.ts";

/**
 * Whoever changes the order or the names of steps raises STORY_VERSION and records anew: a task that is under way
 * would be replayed through another story than the one that it began with.
 */
const RECORDED = {
  version: "2",
  plain: [
    "begin",
    "coder-1-1",
    "work",
    "tester-1-1",
    "work",
    "reviewer-1-1",
    "work",
    "evidence",
    "push",
    "pull-request",
    "end",
  ],
  fixed: [
    ...["begin", "coder-1-1", "work", "tester-1-1", "work", "reviewer-1-1", "work"],
    ...["coder-2-1", "work", "tester-2-1", "work", "reviewer-2-1", "work"],
    ...["evidence", "push", "pull-request", "end"],
  ],
  adopted: [
    ...["begin", "coder-1-1", "work", "tester-1-1", "work", "tests", "reviewer-1-1", "work"],
    ...["evidence", "push", "pull-request", "end"],
  ],
  crashed: ["begin", "coder-1-1", "work", "coder-1-2", "work", "end"],
  redBase: [
    "begin",
    "coder-1-1",
    "work",
    "tester-1-1",
    "work",
    "base-checks-1",
    "evidence",
    "push",
    "pull-request",
    "end",
  ],
};

const green = async (): Promise<number> => 0;

describe("the steps of the story", () => {
  it("are those that were recorded under this version", async () => {
    const reviewer: Play = async ({ round }) =>
      says(round === 1 ? { decision: "request_changes", findings: [aFinding("mend")], summary: "" } : approve);
    const crash: Play = async () => ({ end: { kind: "crashed", signal: "SIGKILL" } });
    const tester: Play = async (_, cwd) => {
      await put(cwd, "test/a.txt", "a\n");
      return says(approve);
    };
    expect({
      version: STORY_VERSION,
      plain: await stepsOf({ checks: green }),
      fixed: await stepsOf({ checks: green, reviewer }),
      adopted: await stepsOf({ checks: green, tester }),
      crashed: await stepsOf({ checks: green, coder: crash }),
      redBase: await stepsOf({ checks: async () => 1, coder: writing }),
    }).toEqual(RECORDED);
  });
});

async function stepsOf(options: Omit<StoryOptions, "items">): Promise<readonly string[]> {
  const names: string[] = [];
  const wrapStories = (told: Readonly<Record<string, Story>>) =>
    Object.fromEntries(Object.entries(told).map(([name, story]) => [name, listening(story, names)]));
  await using house = await storyHouse({ items: [anItem("A")], ...options, wrapStories });
  await house.run();
  return names;
}

function listening(story: Story, names: string[]): Story {
  return (steps, input) => {
    const heard: Steps = {
      run: (name, work) => (names.push(name), steps.run(name, work)),
      child: (name, ...rest) => (names.push(name), steps.child(name, ...rest)),
      sleep: (name, ms) => (names.push(name), steps.sleep(name, ms)),
    };
    return story(heard, input);
  };
}
