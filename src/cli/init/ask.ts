import { intro, isCancel, select, text } from "@clack/prompts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { CliContext } from "../context.ts";
import type { InitAnswers } from "./config-text.ts";
import { commandOf, type KnownAgent, ownAgent } from "./known-agents.ts";

const OWN = "another program";

/** The wizard: what was found is offered, everything can be changed. Draws on stderr. */
export async function ask(
  context: CliContext,
  found: readonly KnownAgent[],
  proposal: InitAnswers,
): Promise<InitAnswers> {
  const screen = { input: context.stdin, output: context.stderr, signal: context.signal };
  intro("dispatch init", screen);
  const program = answered(
    await select({
      ...screen,
      message: "Who writes the code?",
      options: [...found.map(nameOf), OWN].map((value) => ({ value, label: value })),
    }),
  );
  const coder = found.find((agent) => nameOf(agent) === program) ?? (await askProgram(screen));
  const checks = answered(
    await text({
      ...screen,
      message: "What must pass before a change is good? (empty for nothing)",
      initialValue: proposal.checks ?? "",
    }),
  ).trim();
  const backlog = answered(
    await text({ ...screen, message: "Which file holds the backlog?", initialValue: proposal.backlog }),
  );
  return { ...proposal, coder, checks: checks === "" ? null : checks, backlog: backlog.trim() };
}

const nameOf = (agent: KnownAgent): string => commandOf(agent).join(" ");

async function askProgram(screen: Parameters<typeof intro>[1]): Promise<KnownAgent> {
  const typed = await text({
    ...screen,
    message: "Its command (brief on stdin)",
    placeholder: "./agent.sh",
    defaultValue: "./agent.sh",
  });
  return ownAgent(answered(typed));
}

/** A question that was left ends the wizard; nothing was written. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  throw new DispatchError({
    code: "cancelled",
    message: "You left the wizard; nothing was written.",
    hint: "dispatch init --yes writes what was found without asking",
    exit: EXIT.interrupted,
  });
}
