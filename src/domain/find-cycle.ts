/**
 * One cycle of a graph as the nodes on it, the first repeated at the end; null where there is none.
 * `waitsFor` gives what a node waits for; edges to nodes that are no keys lead nowhere. No recursion: chains may be long.
 */
export function findCycle(waitsFor: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const finished = new Set<string>();
  for (const root of waitsFor.keys()) {
    const cycle = finished.has(root) ? null : walk(root, waitsFor, finished);
    if (cycle !== null) return cycle;
  }
  return null;
}

function walk(
  root: string,
  waitsFor: ReadonlyMap<string, readonly string[]>,
  finished: Set<string>,
): readonly string[] | null {
  const path = [{ node: root, taken: 0 }];
  const onPath = new Set([root]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = waitsFor.get(top.node)?.[top.taken];
    top.taken += 1;
    if (next === undefined) {
      finished.add(top.node);
      onPath.delete(top.node);
      path.pop();
    } else if (onPath.has(next)) {
      const nodes = path.map(({ node }) => node);
      return [...nodes.slice(nodes.indexOf(next)), next];
    } else if (!finished.has(next)) {
      onPath.add(next);
      path.push({ node: next, taken: 0 });
    }
  }
  return null;
}
