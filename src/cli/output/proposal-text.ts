import type { Proposed } from "../../dispatch/propose.ts";
import { displayLine } from "../../domain/display.ts";
import { formatSeconds, formatUsd } from "../../domain/duration.ts";
import type { Added } from "../../ports/backlog.ts";
import { table } from "./table.ts";

/** One item and what its planner proposed, refused or not, and where that was written. */
export function proposalText(proposed: Proposed | null, added: Added | null): readonly string[] {
  return [...(proposed === null ? [] : proposedText(proposed)), ...(added === null ? [] : [addedText(added)])];
}

function proposedText({ item, agent, tasks, refused, reason, costUsd }: Proposed): readonly string[] {
  const price = costUsd === null ? "" : `, ${formatUsd(costUsd)}`;
  const rows = tasks.map(({ id, title, estimate, files, after }) => [
    id,
    displayLine(title, 60),
    estimate === null ? "" : `est ${formatSeconds(estimate)}`,
    displayLine([files.join(", "), ...(after.length === 0 ? [] : [`after ${after.join(", ")}`])].join("  "), 80),
  ]);
  const why = reason === null ? refused : [reason];
  return [
    `${item.id}  ${displayLine(item.title, 80)} (${agent}${price})`,
    ...table(rows, { indent: 2 }),
    ...why.map((sentence) => `  ${reason === null ? "refused: " : ""}${displayLine(sentence, 300)}`),
  ];
}

const addedText = (added: Added): string =>
  "file" in added ? `  added to ${added.file}` : `  not written: ${displayLine(added.refused, 300)}`;
