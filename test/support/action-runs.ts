import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ActionSite, type ActionSiteOptions, dispatched } from "./action-site.ts";

/** Round 1 makes a pull request; what `broken` says comes of every later one, until the file `mended` is there. */
export const breaking = (broken: string): ActionSiteOptions => ({
  coder: `here="$(dirname "$0")"
if [ "$DISPATCH_ROUND" -gt 1 ] && [ ! -e "$here/mended" ]; then ${broken}; fi
mkdir -p src; echo "$DISPATCH_TASK_ID round $DISPATCH_ROUND $$" > "src/$DISPATCH_TASK_ID.txt"`,
  config: { attempts: 1 },
});

/** From now on nothing is broken. */
export const mend = async ({ temp }: ActionSite): Promise<void> => await writeFile(join(temp, "agents/mended"), "");

/** One whole workflow run: both jobs. */
export async function workflow(
  site: ActionSite,
  event = dispatched,
  command = "",
): Promise<{ readonly log: string; readonly code: number | null }> {
  const workspace = await site.checkOut();
  const outbox = join(workspace, "outbox");
  const agents = await site.step({ event, workspace, inputs: { command, outbox } });
  if (agents.outputs["run-id"] === undefined) return agents;
  const published = await site.step({ event: dispatched, inputs: { command: "apply", outbox } });
  return { log: agents.log + published.log, code: Math.max(agents.code ?? 1, published.code ?? 1) };
}

/** Agents and publisher in one job. */
export const whole = async (site: ActionSite, event = dispatched, command = "") =>
  await site.step({ event, inputs: { command } });

/** Of coders. */
export const starts = ({ log }: { readonly log: string }): number => log.match(/coder starts/g)?.length ?? 0;
