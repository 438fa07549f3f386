import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { receiveDeliveries, type Deliveries } from "../../../src/adapters/github/deliveries.ts";
import { alarm } from "../../../src/cli/desk/alarm.ts";
import { systemClock } from "../../../src/cli/desk/system-clock.ts";
import { caught } from "../../support/caught.ts";

const secret = "a secret of the webhook";

async function received(): Promise<Deliveries & { readonly news: number[] }> {
  const news: number[] = [];
  const open = await receiveDeliveries({ host: "127.0.0.1", port: 0, secret, onNews: () => void news.push(1) });
  return Object.assign(open, { news });
}

async function send(
  port: number,
  headers: Readonly<Record<string, string>>,
  body = "{}",
  method = "POST",
): Promise<number> {
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const own = { "x-github-event": "issues", "x-hub-signature-256": signature, ...headers };
  const init = { method, headers: own, ...(method === "GET" ? {} : { body }) };
  return (await fetch(`http://127.0.0.1:${port}/`, init)).status;
}

it("a signed delivery wakes, once for each id, in whatever order they come", async () => {
  await using deliveries = await received();
  for (const id of ["2", "1", "2", "1", "3"]) await send(deliveries.port, { "x-github-delivery": id });
  expect(deliveries.news).toHaveLength(3);
});

it.each([
  ["is not signed by us", { "x-hub-signature-256": "sha256=00" }, 401],
  ["has no signature of its own body", { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }, 401],
  ["only says that the webhook works", { "x-github-event": "ping" }, 202],
  ["has no id", { "x-github-delivery": "" }, 202],
])("one that %s is answered, and what is none of GitHub's wakes nobody", async (_, headers, status) => {
  await using deliveries = await received();
  expect(await send(deliveries.port, { "x-github-delivery": "1", ...headers })).toBe(status);
  expect(deliveries.news).toHaveLength(status === 202 && !("x-github-event" in headers) ? 1 : 0);
});

it("nothing else is taken", async () => {
  await using deliveries = await received();
  expect(await send(deliveries.port, {}, "", "GET")).toBe(405);
  expect(deliveries.news).toEqual([]);
});

it("a port that somebody has is said, with what to type", async () => {
  await using first = await received();
  const again = receiveDeliveries({ host: "127.0.0.1", port: first.port, secret, onNews: () => undefined });
  expect(await caught(again)).toMatchObject({
    code: "port_taken",
    exit: 2,
    hint: expect.stringContaining("--port") as string,
  });
});

it("an alarm cuts a wait short, also when it rang before", async () => {
  const { signal } = new AbortController();
  const bell = alarm(systemClock);
  bell.ring();
  expect(await bell.wait(3_600_000, signal)).toBe(true);
  const waiting = bell.wait(3_600_000, signal);
  bell.ring();
  expect(await waiting).toBe(true);
  expect(await bell.wait(1, signal)).toBe(true);
  expect(await bell.wait(3_600_000, AbortSignal.abort())).toBe(false);
});
