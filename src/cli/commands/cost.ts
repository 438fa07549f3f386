import { Option } from "@commander-js/extra-typings";
import type { Settled } from "../../config/derive.ts";
import { isoTime } from "../../dispatch/ports.ts";
import { COST_BY, costRows, type CostRow } from "../../domain/cost.ts";
import { displayLine } from "../../domain/display.ts";
import { formatUsd } from "../../domain/duration.ts";
import type { DefineCommand } from "../command.ts";
import { table } from "../output/table.ts";
import { Days } from "../schemas.ts";
import { valueOf } from "../value-of.ts";

const DAY_MS = 86_400_000;

export const cost: DefineCommand = (command, context) => {
  command
    .addOption(new Option("--by <what>", "what a row is").choices(COST_BY).default("agent" as const))
    .option("--days <n>", "only of so many days until now", valueOf(Days))
    .addHelpText("after", "\nExamples:\n  dispatch cost --by task\n  dispatch cost --by team --days 7")
    .action(async ({ by, days }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const { journal, clock } = desk.ports;
      const since = days === undefined ? "" : isoTime(clock.now() - days * DAY_MS);
      const rows = costRows(await journal.read({ names: ["assignment.ended"] }), by, {
        since,
        free: freeOf(desk.config),
        teams: teamsOf(desk.config),
      });
      const costUsd = rows.reduce((sum, row) => sum + row.costUsd, 0);
      const unpriced = rows.reduce((sum, row) => sum + row.unpriced, 0);
      if (context.json)
        return context.answerJson({ v: 1, by, since: since === "" ? null : since, rows, costUsd, unpriced });
      if (rows.length === 0) return context.say(noTurns(days));
      const head = [by.toUpperCase(), "TURNS", "INPUT", "CACHED", "OUTPUT", "COST", ""];
      for (const line of table(rows.map(cells), { head, right: [1, 2, 3, 4, 5] })) context.answer(line);
      context.answer(`${formatUsd(costUsd)}${unpricedText(unpriced)}`);
    });
};

const noTurns = (days: number | undefined): string =>
  `no turn of an agent that has a model has ended ${days === undefined ? "yet" : `in the last ${days} days`}`;

/** They run what the user has, and ask no model. */
const freeOf = ({ agents }: Settled): ReadonlySet<string> =>
  new Set(Object.keys(agents).filter((name) => ["checks", "replay"].includes(agents[name]?.engine ?? "")));

const teamsOf = ({ agents }: Settled): ReadonlyMap<string, string> =>
  new Map(Object.entries(agents).flatMap(([name, { team }]) => (team === undefined ? [] : [[name, team] as const])));

function cells({ name, turns, unpriced, usage, costUsd }: CostRow): readonly string[] {
  const count = (tokens: number | undefined): string => (tokens === undefined ? "-" : tokens.toLocaleString("en"));
  const tokens = [usage?.inputTokens, usage?.cacheReadTokens, usage?.outputTokens].map(count);
  const price = unpriced === turns ? "unpriced" : formatUsd(costUsd);
  return [displayLine(name, 60), `${turns}`, ...tokens, price, unpriced === turns ? "" : unpricedText(unpriced).trim()];
}

/** What is not known is no zero. */
const unpricedText = (unpriced: number): string =>
  unpriced === 0 ? "" : ` and ${unpriced} ${unpriced === 1 ? "turn" : "turns"} of unknown price`;
