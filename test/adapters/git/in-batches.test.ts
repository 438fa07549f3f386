import { describe, expect, it } from "vitest";
import { inBatches } from "../../../src/adapters/git/in-batches.ts";

/** Work that waits until it is let go, and notes which batches it was given. */
function heldWork(isShared = false) {
  const batches: (readonly string[])[] = [];
  const gates: (() => void)[] = [];
  const work = async (items: readonly string[]): Promise<readonly string[]> => {
    batches.push(items);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (items.includes("bad")) throw new Error(`refused: ${items.join(" ")}`);
    return items.map((item) => item.toUpperCase());
  };
  const letGo = async (): Promise<void> => {
    while (gates.length === 0) await new Promise(setImmediate);
    gates.shift()?.();
  };
  return { batches, ask: inBatches(work, () => isShared), letGo };
}

describe("batches", () => {
  it("the first is done at once, those who come meanwhile are done together, each with its own result", async () => {
    const { batches, ask, letGo } = heldWork();
    const asked = ["a", "b", "c"].map(ask);
    await letGo();
    await letGo();
    expect(await Promise.all(asked)).toEqual(["A", "B", "C"]);
    expect(batches).toEqual([["a"], ["b", "c"]]);
    const later = ask("d");
    await letGo();
    expect(await later).toBe("D");
    expect(batches).toHaveLength(3);
  });

  it("one that fails is alone with its failure", async () => {
    const { batches, ask, letGo } = heldWork();
    const asked = ["a", "b", "bad", "c"].map(ask);
    const settled = Promise.allSettled(asked);
    for (let round = 0; round < 5; round += 1) await letGo();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    await expect(asked[2]).rejects.toThrow("refused: bad");
    expect(batches).toEqual([["a"], ["b", "bad", "c"], ["b"], ["bad"], ["c"]]);
  });

  it("a failure that all share is not tried again for each of them", async () => {
    const { batches, ask, letGo } = heldWork(true);
    const settled = Promise.allSettled(["a", "b", "bad", "c"].map(ask));
    for (let round = 0; round < 2; round += 1) await letGo();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
    expect(batches).toEqual([["a"], ["b", "bad", "c"]]);
  });

  it("more than a hundred are several batches", async () => {
    const { batches, ask, letGo } = heldWork();
    const asked = Array.from({ length: 152 }, (_, number) => ask(String(number)));
    for (let round = 0; round < 3; round += 1) await letGo();
    await Promise.all(asked);
    expect(batches.map(({ length }) => length)).toEqual([1, 100, 51]);
  });
});
