import { expect, it } from "vitest";
import { fetchOrders } from "../../../src/adapters/github/orders.ts";
import { openHub } from "../../../src/adapters/github/hub.ts";
import { openPeople } from "../../../src/adapters/github/people.ts";
import { gitHubWorld } from "../../support/github-world.ts";

it("what another account of ours wrote, ticked off or left is known again, and no other account's", async () => {
  await using world = await gitHubWorld();
  const branch = "dispatch/a--work";
  const head = await world.commit(branch, { "A.txt": "new\n" });
  const draft = { task: "A", title: "Do A", body: "", branch, base: "main", head, draft: false };
  const { number } = await world.forge.ensurePullRequest(draft);
  const verdict = { task: "A", head, outcome: "success", sentence: "fine", findings: [] } as const;
  await world.forge.showVerdict(number, verdict);
  await world.repo.as("bob").comment(number, "/dispatch retry");
  const [order] = await world.forge.fetchOrders(number);
  await world.forge.takeOrder(number, order?.id ?? 0, true);
  const left = { reason: "no", attempts: 1, costUsd: null, seconds: 1, at: "a", humanRounds: 0, wakeAt: null };
  await openHub(world.client("ada")).ensureNote("A", number, left);

  const app = world.hub.app.login;
  const seen = async (accounts: readonly string[]): Promise<readonly unknown[]> => {
    const client = world.client(app, accounts);
    const orders = await fetchOrders(client, openPeople(client), number);
    return [orders.length, await openHub(client).fetchLeft(number)];
  };
  expect(await seen([])).toEqual([1, null]);
  expect(await seen(["ada"])).toEqual([0, left]);
  // One comment for its state, whoever wrote it first.
  const both = await world.forgeOf(app, null, ["ada"]);
  await both.showVerdict(number, { ...verdict, sentence: "finer" });
  const bodies = (await world.repo.comments(number)).map(({ body }) => body);
  expect(bodies.filter((body) => body.includes('"key":"status"'))).toEqual([expect.stringContaining("finer")]);
});
