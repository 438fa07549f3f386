import { record, type LaneMeter, type Ports, type Scope } from "./ports.ts";

export function laneMeter(): LaneMeter {
  const opened = new Set<string>();
  return {
    ready(lane, agent = "") {
      const key = `${lane} ${agent}`;
      if (opened.has(key)) return "warm";
      opened.add(key);
      return "cold";
    },
  };
}

/** Books a measurement; S of the fan-out rule is learned from them (docs/contract.md §9.18). */
export async function recordLane(
  ports: Ports,
  scope: Scope,
  key: string,
  lane: number,
  seconds: number,
): Promise<void> {
  await record(ports, scope, key, { name: "lane.measured", data: { start: ports.lanes.ready(lane), seconds } });
}
