import { Option } from "@commander-js/extra-typings";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { startableTable } from "../desk/ask-trust.ts";
import type { TrustState } from "../desk/trust-state.ts";

export const trust: DefineCommand = (command, context) => {
  command
    .option("--show", "only show it, and what changed")
    .addOption(new Option("--revoke", "forget what was approved here").conflicts("show"))
    .action(async ({ show, revoke }) => {
      const { openTrustAlone } = await import("../compose-trust.ts");
      const trusted = await openTrustAlone(context);
      const before = await trusted.read();
      if (revoke === true) await trusted.forget();
      else if (show !== true) await trusted.approve();
      const state = await trusted.read();
      if (context.json) return context.answerJson(report(state));
      if (revoke === true) return context.say("forgotten; the next run asks");
      tell(context, state, before);
    });
};

function report({ name, wanted, approval }: TrustState): object {
  const { lines = [], hash = null } = wanted ?? {};
  return { v: 1, file: name, trusted: wanted === null || approval !== null, at: approval?.at ?? null, hash, lines };
}

function tell(context: CliContext, { name, wanted, approval }: TrustState, { changes }: TrustState): void {
  if (wanted === null) return context.say("nothing to approve: what runs here is your own word");
  for (const line of startableTable(wanted)) context.answer(line);
  if (changes !== null && changes.lines.length > 0) {
    context.say(`changed since it was approved on ${changes.since}:`);
    for (const line of changes.lines) context.say(`  ${line}`);
  }
  context.say(approval === null ? `next  dispatch trust approves what ${name} starts` : "approved; next  dispatch run");
}
