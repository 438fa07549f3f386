import { EXIT } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { Finding } from "../doctor/finding.ts";
import { homeOf } from "../desk/home.ts";
import { readConfig } from "../read-config.ts";

export const doctor: DefineCommand = (command, context) => {
  command.option("--fix", "mend what can be mended without asking").action(async ({ fix }) => {
    const [{ openHost }, { examineAll }] = await Promise.all([
      import("../compose-host.ts"),
      import("../doctor/examine-all.ts"),
    ]);
    const { cwd, env } = context;
    const look = async (): Promise<readonly Finding[]> =>
      examineAll({
        host: openHost(context),
        home: homeOf(env, process.getuid?.() === 0),
        cwd,
        readConfig: () => readConfig(context),
      });
    const before = await look();
    const repaired = fix === true ? await repair(before) : [];
    const findings = repaired.length === 0 ? before : await look();
    const failed = findings.filter(({ status }) => status === "fail").length;
    if (context.json) context.answerJson(report(findings, repaired, failed === 0));
    else tell(context, findings, repaired, failed);
    if (failed > 0) context.exitWith(EXIT.failure);
  });
};

/** Gives the names of what was mended. */
async function repair(findings: readonly Finding[]): Promise<readonly string[]> {
  const repairable = findings.filter(({ repair: mend }) => mend !== undefined);
  for (const { repair: mend } of repairable) await mend?.();
  return repairable.map(({ name }) => name);
}

function report(findings: readonly Finding[], repaired: readonly string[], ok: boolean): object {
  const checks = findings.map(({ name, status, message, fix }) => ({
    name,
    status,
    message,
    fix,
    fixed: repaired.includes(name),
  }));
  return { v: 1, ok, checks };
}

function tell(context: CliContext, findings: readonly Finding[], repaired: readonly string[], failed: number): void {
  const { marks, paint } = context.out;
  const signs = { ok: paint.good(marks.done), warn: paint.busy("!"), fail: paint.bad(marks.failed) };
  const wide = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, status, message, fix } of findings) {
    const note = repaired.includes(name) ? "  (mended)" : "";
    context.answer(`${signs[status]} ${name.padEnd(wide)}  ${message}${note}`);
    if (fix !== null) context.answer(`  ${" ".repeat(wide)}  ${paint.dim(marks.arrow)} ${fix}`);
  }
  context.say(failed === 0 ? "next  dispatch plan" : `${failed} to mend, then: dispatch doctor`);
}
