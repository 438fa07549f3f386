import { display } from "../../domain/display.ts";
import { formatSeconds, formatUsd } from "../../domain/duration.ts";
import type { PlannedWork } from "../../dispatch/plan-work.ts";
import type { AgentSpawn } from "../../domain/spawn.ts";
import { count } from "./fact-line.ts";
import { table } from "./table.ts";

/** `dispatch plan` for people: tasks, arithmetic, what may collide, what it costs. `items`: written as open. */
export function planText(
  plan: Pick<PlannedWork, "tasks" | "conflicts" | "fanOut" | "spawn" | "etaSeconds" | "costUsd">,
  blocked: ReadonlyMap<string, string>,
  items: number,
): readonly string[] {
  if (items === 0) return ["nothing to do: there is no open item in the backlog (dispatch help backlog)"];
  if (plan.tasks.length === 0)
    return ["nothing to do: every open item is done, running, or waits for you (dispatch status)"];
  const rows = plan.tasks.map((task) => [
    task.id,
    display(task.title).slice(0, 60),
    task.agent,
    `est ${formatSeconds(task.estimateSeconds)}`,
    blocked.has(task.id) ? `waits: ${blocked.get(task.id) ?? ""}` : task.inline ? "inline" : `lane ${task.lane ?? "-"}`,
  ]);
  const conflicts = plan.conflicts.map(({ a, b, files }) => `  ${a} and ${b} may both change ${files.join(", ")}`);
  return [
    ...table(rows, { indent: 2 }),
    "",
    `fan-out  ${plan.fanOut.why}`,
    ...spawnText(plan.spawn),
    ...(conflicts.length === 0 ? [] : ["overlap", ...conflicts]),
    `total    ${count(plan.tasks.length, "task")}, about ${formatSeconds(plan.etaSeconds)}${plan.costUsd === null ? "" : `, ${formatUsd(plan.costUsd)}`}`,
    "next     dispatch run",
  ];
}

/** What S is made of; of agents whose start nobody knows there is nothing to say. */
function spawnText({ laneSeconds, agents }: PlannedWork["spawn"]): readonly string[] {
  const known = agents.filter(({ from }) => from !== "default").map(startText);
  return [`spawn    a lane ${formatSeconds(laneSeconds)}`, ...known.map((line) => `         ${line}`)];
}

function startText({ agent, startSeconds, handOverSeconds, prefixTokens, starts, from }: AgentSpawn): string {
  const again = handOverSeconds === null ? "" : `, ${formatSeconds(handOverSeconds)} on an open lane`;
  const tokens = prefixTokens === null ? "" : `, after ${Math.round(prefixTokens).toLocaleString("en")} tokens`;
  const how = from === "seed" ? "as its engine usually does" : `learned from ${count(starts, "start")}`;
  return `${agent}: first word after ${formatSeconds(startSeconds)}${again}${tokens} (${how})`;
}
