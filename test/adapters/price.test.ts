import fc from "fast-check";
import { expect, it } from "vitest";
import { listPrice, ownPrice } from "../../src/adapters/agents/native/price.ts";

const usage = { inputTokens: 3000, cacheReadTokens: 1200, outputTokens: 300 };

it("a model that everybody knows has its list price, and one that nobody knows has none, which is not nothing", async () => {
  expect(await listPrice("claude-sonnet-4-5", usage)).toBeCloseTo(0.01026, 10);
  expect(await listPrice("anthropic/claude-sonnet-4-5", usage)).toBeCloseTo(0.01026, 10);
  expect(await listPrice("no-such-model-9", usage)).toBeNull();
  expect(await listPrice(null, usage)).toBeNull();
});

it("a price of one's own counts every token once, those of the cache by theirs", async () => {
  const price = ownPrice({ input: 3, output: 15, cacheRead: 0.3 });
  expect(await price("any", usage)).toBeCloseTo(0.01026, 10);
  const tokens = fc.nat(1e6);
  await fc.assert(
    fc.asyncProperty(tokens, tokens, tokens, async (fresh, read, written) => {
      const all = {
        inputTokens: fresh + read + written,
        outputTokens: 0,
        cacheReadTokens: read,
        cacheWriteTokens: written,
      };
      expect(await ownPrice({ input: 1, output: 1 })(null, all)).toBeCloseTo((fresh + read + written) / 1e6, 9);
    }),
  );
});
