import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkTogether } from "../../src/dispatch/check-together.ts";
import { approve, merge, retry } from "../../src/dispatch/gate.ts";
import { anItem } from "../support/domain-data.ts";
import { caught } from "../support/caught.ts";
import { storyHouse, type StoryHouse } from "../support/story.ts";

const human = { by: "a human", run: "by-hand" };
const never = new AbortController().signal;

/** Each of A and B is green alone. */
const together = (cwd: string): Promise<number> =>
  Promise.resolve(["A", "B"].every((id) => existsSync(join(cwd, `src/${id}.txt`))) ? 1 : 0);

async function mergeNext(house: StoryHouse, id: string): Promise<unknown> {
  await approve(house.ports, human, id);
  return await merge(house.ports, human, id, (seen) => checkTogether(house.ports, house.settings, seen, never));
}

it("what is green alone and red with a base that moved is not merged", async () => {
  await using house = await storyHouse({ items: [anItem("A"), anItem("B")], checks: together });
  await house.run();
  await mergeNext(house, "A");
  const before = await house.repository.fetchBase();
  expect(await caught(mergeNext(house, "B"))).toMatchObject({
    code: "checks_failed",
    hint: "begin anew from there: dispatch retry B, then dispatch run",
  });
  expect(await house.repository.fetchBase()).toEqual(before);
  // What the hint says can be typed.
  expect(await retry(house.ports, human, "B", "code")).toMatchObject({ id: "B" });
});

it("what passes with the base that moved is merged", async () => {
  await using house = await storyHouse({ items: [anItem("A"), anItem("C")], checks: together });
  await house.run();
  await mergeNext(house, "A");
  expect(await mergeNext(house, "C")).toMatchObject({ state: "merged" });
});

it("a base that is red by itself keeps nothing from being merged", async () => {
  let isRed = false;
  const checks = async (): Promise<number> => (isRed ? 1 : 0);
  await using house = await storyHouse({ items: [anItem("A"), anItem("B")], checks });
  await house.run();
  await mergeNext(house, "A");
  isRed = true;
  expect(await mergeNext(house, "B")).toMatchObject({ state: "merged" });
});
