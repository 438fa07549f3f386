import { expect, it } from "vitest";
import { verifyJournal } from "../../src/dispatch/verify-journal.ts";
import { anItem } from "../support/domain-data.ts";
import { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
import { storyHouse } from "../support/story.ts";

it("every run leaves a mark of the journal in git, and each is found in the journal again", async () => {
  await using house = await storyHouse({ items: [anItem("A")] });
  expect(await verifyJournal(house.ports)).toEqual({ mark: null, marks: 0, wrong: [] });
  await house.run();
  await house.run();
  const { mark, marks, wrong } = await verifyJournal(house.ports);
  expect({ mark, marks, wrong }).toEqual({ mark: await house.ports.journal.mark(), marks: 2, wrong: [] });
  expect(await house.repo.git("log", "-1", "--format=%s", "refs/dispatch/audit")).toBe(`${mark?.facts} ${mark?.hash}`);
});

it("a journal that lost its end, or was begun anew, is told from its marks", async () => {
  await using house = await storyHouse({ items: [anItem("A")] });
  await house.run();
  const facts = await house.facts();
  const shortened = memoryJournal();
  for (const fact of facts.slice(0, -1)) await shortened.append(fact);
  const { repository } = house;
  const { mark, wrong } = await verifyJournal({ repository, journal: shortened });
  expect(mark?.facts).toBe(facts.length - 1);
  expect(wrong).toEqual([expect.stringContaining(`the journal had ${facts.length} facts`)]);
});

it("a mark that git has already is not written twice", async () => {
  await using house = await storyHouse({ items: [] });
  const { repository } = house;
  const mark = { facts: 3, hash: "a".repeat(64) };
  for (const at of ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) await repository.recordAudit(mark, at);
  await repository.recordAudit({ facts: 4, hash: "b".repeat(64) }, "2026-01-03T00:00:00Z");
  expect((await repository.readAudit()).map(({ facts }) => facts)).toEqual([4, 3]);
});
