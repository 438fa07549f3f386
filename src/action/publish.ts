import { openDesk } from "../cli/compose.ts";
import type { Environment } from "../cli/terminal.ts";
import { DispatchError, EXIT, hasErrorCode } from "../domain/errors.ts";
import { applyOutbox } from "./apply.ts";
import { readOutbox } from "./outbox-files.ts";
import { type Links, tell } from "./report.ts";
import type { Step } from "./step.ts";

/** The publisher half: holds the token that may write, runs no agent, and nothing that a pull request brought. */
export async function publish(step: Step): Promise<void> {
  const { runner, tools, context, outbox: folder } = step;
  if (folder === null)
    throw new DispatchError({
      code: "input_invalid",
      message: "apply needs the outbox of an agent half, and the input outbox is empty.",
      hint: "with: { command: apply, outbox: outbox }, where the artifact of the agent job was downloaded to",
      exit: EXIT.usage,
    });
  await using desk = await openDesk(context, { journal: "memory" });
  const outbox = await readOutbox(folder, desk.bundles);
  const { ports, settings } = desk;
  const { refused, numbers } = await applyOutbox({ ports, settings, hub: tools.hubOf(desk.config.accounts) }, outbox);
  const tasks = outbox.tasks.map((task) => {
    const why = refused.get(task.id.toLowerCase());
    const pr = task.pr === null ? null : (numbers.get(task.pr) ?? task.pr);
    return why === undefined ? { ...task, pr } : { ...task, pr, state: "refused", reason: why };
  });
  tell(runner, { run: outbox.run, tasks, costUsd: outbox.costUsd, findings: [] }, linksOf(context.env));
  for (const [task, why] of refused) runner.error(`${task} is not published: ${why}`);
  if (refused.size > 0) context.exitWith(EXIT.failure);
  // Nobody is woken by what changed nothing.
  else if (outbox.again && outbox.intents.some(({ verb }) => verb === "push")) await wake(step);
}

/** What this run caused itself starts no other: bots are not heard, and GitHub tells nobody of what a job's token did. */
export async function wake({ tools, context, branch }: Step): Promise<void> {
  const file = /\/([^/@]+\.ya?ml)@/.exec(context.env["GITHUB_WORKFLOW_REF"] ?? "")?.[1];
  if (file === undefined || branch === null) return;
  try {
    await tools.hub.wake(file, branch);
  } catch (error) {
    if (!hasErrorCode(error, "github_forbidden")) throw error;
    context.warn("something is left to do, and this token may not start the workflow again (actions: write)");
  }
}

export const linksOf = (env: Environment): Links => ({
  url: (number) =>
    `${env["GITHUB_SERVER_URL"] ?? "https://github.com"}/${env["GITHUB_REPOSITORY"] ?? ""}/pull/${number}`,
});
