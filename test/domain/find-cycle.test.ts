import fc from "fast-check";
import { expect, it } from "vitest";
import { findCycle } from "../../src/domain/find-cycle.ts";

const graphs = fc
  .array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map((rows) => new Map(rows.map((row, node) => [String(node), row.map(String)])));

it("finds nothing where every edge leads to an earlier node", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const downwards = new Map([...graph].map(([node, edges]) => [node, edges.filter((edge) => edge < node)]));
      expect(findCycle(downwards)).toBeNull();
    }),
  );
});

it("gives a closed walk along edges, and finds one wherever a node reaches itself", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const cycle = findCycle(graph);
      const reaches = (from: string): ReadonlySet<string> => {
        const found = new Set(graph.get(from));
        for (const node of found) for (const next of graph.get(node) ?? []) found.add(next);
        return found;
      };
      expect(cycle !== null).toBe([...graph.keys()].some((node) => reaches(node).has(node)));
      for (const [index, node] of (cycle ?? []).slice(0, -1).entries())
        expect(graph.get(node)).toContain(cycle?.[index + 1]);
      expect(cycle?.at(-1)).toBe(cycle?.[0]);
    }),
  );
});

it("walks a chain of 20 000 without running out of stack", () => {
  const chain = new Map(Array.from({ length: 20_000 }, (_, node) => [`${node}`, [`${node + 1}`]]));
  expect(findCycle(chain)).toBeNull();
  chain.set("20000", ["0"]);
  expect(findCycle(chain)).toHaveLength(20_002);
});
