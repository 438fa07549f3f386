import { expect, it } from "vitest";
import { breakDown } from "../../src/dispatch/break-down.ts";
import { planWork, SPAWN_SEED_SECONDS } from "../../src/dispatch/plan-work.ts";
import { anItem } from "../support/domain-data.ts";
import { storyHouse, writing, type StoryHouse, type StoryOptions } from "../support/story.ts";

async function planned(house: StoryHouse) {
  const { ports, settings } = house;
  const base = await ports.repository.fetchBase();
  const { fanOut, spawn } = await planWork(ports, settings, await breakDown(ports, base.commit));
  return { fanOut, spawn, coder: spawn.agents.find(({ agent }) => agent === "coder") };
}

const items = ["a", "b", "c"].map((id) => anItem(id, { estimateSeconds: 10 }));
/** The first start takes longest. */
const slow: StoryOptions = {
  items,
  reviewer: null,
  settings: { jobs: 1 },
  async coder(input, ...rest) {
    await writing(input, ...rest);
    return { first: { seconds: input.task.id === "a" ? 30 : 4, prefixTokens: 1200 } };
  },
};

it("what it takes until an agent's first word is learned from its turns, and weighs for one more lane", async () => {
  await using house = await storyHouse(slow);
  const before = await planned(house);
  expect(before.coder).toMatchObject({ startSeconds: 0, handOverSeconds: null, starts: 0, from: "default" });
  expect(before.fanOut).toMatchObject({ decision: "inline", spawnSeconds: SPAWN_SEED_SECONDS });
  await house.run();
  house.items = ["d", "e", "f"].map((id) => anItem(id, { estimateSeconds: 10 }));
  const after = await planned(house);
  expect(after.coder).toEqual({
    ...{ agent: "coder", startSeconds: 30, handOverSeconds: 4, prefixTokens: 1200, starts: 3, from: "measured" },
  });
  expect(after.fanOut.spawnSeconds).toBeCloseTo(after.spawn.laneSeconds + 26);
});

it("a start that said nothing teaches nothing, and S that is set by hand is all of it", async () => {
  await using house = await storyHouse({ ...slow, coder: writing, settings: { jobs: 1, spawnSeconds: 7 } });
  await house.run();
  house.items = ["d", "e"].map((id) => anItem(id));
  expect((await planned(house)).coder).toMatchObject({ starts: 0, from: "default" });
  await using set = await storyHouse({ ...slow, settings: { jobs: 1, spawnSeconds: 7 } });
  await set.run();
  set.items = ["d", "e"].map((id) => anItem(id));
  expect(await planned(set)).toMatchObject({ fanOut: { spawnSeconds: 7 }, coder: { startSeconds: 30 } });
});
