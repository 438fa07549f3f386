import type { Startable } from "../../config/trust.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { CliContext } from "../context.ts";
import { table } from "../output/table.ts";
import type { TrustState } from "./trust-state.ts";

/** Shows all of it and asks; resolves when it was approved. Draws on stderr. */
export async function askTrust(context: CliContext, { name, changes }: TrustState, wanted: Startable): Promise<void> {
  context.warn(`${name} starts this on your machine:`);
  for (const line of startableTable(wanted)) context.warn(line);
  if (changes !== null) {
    context.warn(`changed since it was approved on ${changes.since}:`);
    for (const line of changes.lines) context.warn(`  ${line}`);
  }
  const { confirm, isCancel } = await import("@clack/prompts");
  const { stdin: input, stderr: output, signal } = context;
  const answer = await confirm({ input, output, signal, message: "Approve it?", initialValue: false });
  signal.throwIfAborted();
  if (answer === true) return;
  throw new DispatchError({
    code: "not_trusted",
    message: `You did not approve what ${name} starts, so nothing was started.`,
    hint: "dispatch trust --show shows it again",
    exit: isCancel(answer) ? EXIT.interrupted : EXIT.usage,
  });
}

/** Keys and values in two columns. */
export function startableTable({ lines }: Startable): readonly string[] {
  const rows = lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]);
  return table(rows, { indent: 2 });
}
