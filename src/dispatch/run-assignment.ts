import type { Steps } from "../ports/steps.ts";
import type { AssignmentInput, AssignmentOutcome } from "./episode.ts";
import { isoTime, type Ports } from "./ports.ts";
import { countStart } from "./count-start.ts";
import { judgeTests } from "./judge-tests.ts";
import { requireMoney } from "./money.ts";
import { work } from "./work.ts";

/** Long enough not to spin. */
const SOON_MS = 60_000;

/**
 * One run of one agent: a durable step, so that a finished one is never repeated and an interrupted one is. What tests
 * it wrote are judged in another: checks may take long, and nobody pays for the same tests twice.
 */
export async function runAssignment(ports: Ports, steps: Steps, input: AssignmentInput): Promise<AssignmentOutcome> {
  const outcome = await steps.run("work", async (signal): Promise<AssignmentOutcome> => {
    const start = await countStart(ports, input);
    if (start.kind === "failed") return start;
    const { task, base, saved } = input.episode;
    const more = [saved, input.tests].flatMap((one) => one?.commit ?? []);
    for (const commit of [base.commit, input.commit, ...more]) await ports.handover.bring(task.id, commit);
    return await restForMoney(ports, input, await work(ports, input, start, signal));
  });
  if (outcome.kind !== "verdict") return outcome;
  const { tests } = outcome;
  return tests === undefined
    ? outcome
    : await steps.run("tests", (signal) => judgeTests(ports, input, { ...outcome, tests }, signal));
}

/**
 * Stopped in the middle of a turn by a cap: what it had is saved, and the cap says when it goes on. None may hold any
 * more, since others cost less than they were taken to: then it goes on soon.
 */
async function restForMoney(
  ports: Ports,
  input: AssignmentInput,
  outcome: AssignmentOutcome,
): Promise<AssignmentOutcome> {
  if (outcome.kind !== "failed" || outcome.code !== "budget") return outcome;
  const rest = (await requireMoney(ports, input)) ?? { ...outcome, wakeAt: isoTime(ports.clock.now() + SOON_MS) };
  return { ...rest, ...(outcome.saved === undefined ? {} : { saved: outcome.saved }) };
}
