import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cancel, retry } from "../../src/dispatch/gate.ts";
import { anItem } from "../support/domain-data.ts";
import { storyHouse } from "../support/story.ts";

it("keeps what agents keep of a task until it has ended, and no longer", async () => {
  const names = ["closed", "cancelled", "waits"];
  await using house = await storyHouse({ items: names.map((id) => anItem(id)) });
  const { ports, repo } = house;
  const human = { by: "me", run: "by-hand" };
  const kept = () => readdir(join(repo.temp, "state", "kept"));
  await house.run();
  expect((await kept()).toSorted()).toEqual(names.toSorted());

  const number = async (task: string): Promise<number> =>
    (await ports.forge.fetchPullRequests()).find((one) => one.task === task)?.number ?? 0;
  await ports.forge.close(await number("closed"), "me", "no");
  await cancel(ports, human, "cancelled");
  // What was closed on the forge is known from this run on.
  await house.run();
  await house.run();
  expect((await kept()).toSorted()).toEqual(["waits"]);
  await house.run();
  expect((await kept()).toSorted()).toEqual(["waits"]);

  await retry(ports, human, "cancelled", "code");
  await house.run();
  expect((await kept()).toSorted()).toEqual(["cancelled", "waits"]);
});
