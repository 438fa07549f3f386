import { formatUsd } from "./duration.ts";
import type { Reason } from "./fact.ts";
import { isForMoney, parseReason } from "./retry.ts";
import type { TaskView } from "./task-facts.ts";
import type { TaskState } from "./task-state.ts";

/** What to type beside its pull request, where this needs a human. */
export const wayOn = (reason: Reason): string =>
  isForMoney(reason)
    ? "To let it cost more and go on: `/dispatch budget USD`."
    : "To let its coder go on: `/dispatch fix WHAT`; to let it begin anew: `/dispatch retry`.";

/** Where it stands, who has to do what, and what it took: the answer to `/dispatch explain`. */
export function explanation(
  { state, rounds, attempts, costUsd }: Pick<TaskView, "state" | "rounds" | "attempts" | "costUsd">,
  capUsd: number | null,
): string {
  const spent = costUsd === null ? "" : `, cost: ${formatUsd(costUsd)}`;
  const cap = capUsd === null ? "" : `, cap: ${formatUsd(capUsd)}`;
  return `${standing(state)} Rounds of review: ${rounds}, starts of the coder: ${attempts}${spent}${cap}.`;
}

const ANEW = "To let it begin anew: `/dispatch retry`.";

function standing(state: TaskState): string {
  switch (state.name) {
    case "ready-for-human":
      return "It is ready, and waits for your review: approve it, or say what has to change (in a review, or `/dispatch fix WHAT`).";
    case "approved":
      return "It is approved, and waits to be merged.";
    case "needs-human":
      return `It needs you: ${state.reason}. ${wayOn(state.reason)}`;
    case "parked":
      if (state.wakeAt !== null)
        return `It goes on by itself${state.wakeAt === "" ? "" : ` at ${state.wakeAt}`}: ${state.reason}.`;
      return `It rests: ${state.reason}. ${parseReason(state.reason)?.code === "paused" ? "To let it go on: `/dispatch resume`." : ANEW}`;
    case "queued":
      return `${"reason" in state ? `It is due again: ${state.reason}.` : "It is due."} The next run takes it up.`;
    case "blocked":
      return `It waits for ${state.on}.`;
    case "failed":
      return `It failed: ${state.reason}. ${ANEW}`;
    case "closed":
    case "cancelled":
      return `It is ${state.name}. ${ANEW}`;
    case "merged":
      return "It is merged.";
    case "coding":
    case "testing":
    case "reviewing":
    case "fixing":
    case "publishing":
      return "Agents are at work on it.";
  }
}
